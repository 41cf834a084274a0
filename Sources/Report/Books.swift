public import Ledger

/// What one period cost, by product, model and day: the finished value that every report is drawn from.
public struct Books: Sendable {
  /// One line of `chargeback.csv`: a product's use of one model at one service tier.
  public struct Row: Sendable {
    /// Index into `products`.
    public var product: Int
    /// Empty where unknown.
    public var provider: String
    public var model: String
    public var serviceTier: String
    public var entry: Entry
    /// The period an adjustment corrects; this period otherwise.
    public var forPeriod: String
    public var counts: WeightedCounts
    /// What is priced of it; with state `unpriced` nothing is, and the cost is unknown.
    public var cost: Money
    /// What it would be at the vendors' public prices: other than `cost` under a contract.
    public var listCost: Money
    public var state: CostState

    /// - Parameter listCost: nil where no contract changes a price.
    public init(
      product: Int, provider: String, model: String, serviceTier: String, entry: Entry,
      forPeriod: String, counts: WeightedCounts, cost: Money, listCost: Money? = nil, state: CostState
    ) {
      self.product = product
      self.provider = provider
      self.model = model
      self.serviceTier = serviceTier
      self.entry = entry
      self.forPeriod = forPeriod
      self.counts = counts
      self.cost = cost
      self.listCost = listCost ?? cost
      self.state = state
    }
  }

  /// A row's part of one day: what a closing freezes, and what a correction is measured against.
  public struct DayRow: Sendable {
    public var place: BookPlace
    public var counts: WeightedCounts
    public var amount: BookedAmount

    public init(place: BookPlace, counts: WeightedCounts, amount: BookedAmount) {
      self.place = place
      self.counts = counts
      self.amount = amount
    }
  }

  /// One product on one day.
  public struct DayCell: Sendable {
    public var counts = WeightedCounts()
    public var cost = Money.zero
    public init() {}
  }

  /// A model (or one of its meters) that no price covers, and how much of it was used.
  public struct Unpriced: Sendable {
    public var provider: String
    public var model: String
    public var serviceTier: String
    /// Why, in words: `no price entry for this model`, `no rate for web_search`.
    public var reason: String
    public var requests: Int64
    /// The counts without a rate, by meter.
    public var counts: MeterSums

    public init(
      provider: String, model: String, serviceTier: String, reason: String, requests: Int64,
      counts: MeterSums
    ) {
      self.provider = provider
      self.model = model
      self.serviceTier = serviceTier
      self.reason = reason
      self.requests = requests
      self.counts = counts
    }
  }

  /// A file that lines of this period were read from. Figures are of the whole file.
  public struct Input: Sendable {
    public var name: String
    public var sha256: String
    public var lines: Int64
    public var usages: Int64
    public var duplicates: Int64
    public var rejected: Int64
    public var control: Int64

    public init(
      name: String, sha256: String, lines: Int64, usages: Int64, duplicates: Int64, rejected: Int64,
      control: Int64
    ) {
      self.name = name
      self.sha256 = sha256
      self.lines = lines
      self.usages = usages
      self.duplicates = duplicates
      self.rejected = rejected
      self.control = control
    }
  }

  /// A file that figures were made from and that is no log of requests: fixed costs, rates, budgets, counts.
  public struct OtherInput: Hashable, Sendable {
    /// What it is for: the setting that names it, such as `costs`.
    public var use: String
    /// The file's name without its folder: books of the same content are the same books wherever it lies.
    public var name: String
    public var sha256: String

    public init(use: String, name: String, sha256: String) {
      self.use = use
      self.name = name
      self.sha256 = sha256
    }
  }

  /// A setting that the reports depend on, as text.
  public struct Setting: Hashable, Sendable {
    public var name: String
    public var value: String
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Numbers of a writer that no line was read for: lines are missing.
  public struct Hole: Hashable, Sendable {
    public var writer: String
    public var first: Int64
    public var last: Int64
    public init(writer: String, first: Int64, last: Int64) {
      self.writer = writer
      self.first = first
      self.last = last
    }
  }

  /// A count in vendors' usage objects that no rule reads: it may be something that costs.
  public struct UnknownField: Sendable {
    public var endpoint: String
    /// Where it stands in the usage object, `details.new_tokens`.
    public var path: String
    public var answers: Int64
    /// The first answer that has it.
    public var first: Usage.Place
  }

  /// Answers whose counts do not add up to the vendor's own total.
  public struct Mismatch: Sendable {
    public var endpoint: String
    public var answers: Int64
    public var first: Usage.Place
  }

  /// A law held against this period's own figures.
  public struct Check: Sendable {
    public var name: String
    public var passed: Bool
    /// Both sides, in words.
    public var detail: String
    /// The same for readers of Japanese; files for machines have the English.
    var japanese: (name: String, detail: String)?

    /// - Parameter japanese: nil where there is only one wording.
    public init(
      name: String, passed: Bool, detail: String, japanese: (name: String, detail: String)? = nil
    ) {
      self.name = name
      self.passed = passed
      self.detail = detail
      self.japanese = japanese
    }

    func name(in language: Language) -> String { language(name, japanese?.name ?? name) }
    func detail(in language: Language) -> String { language(detail, japanese?.detail ?? detail) }
  }

  /// The price book that the period was priced with.
  public struct PriceVersion: Sendable {
    public var version: String
    /// Where the prices came from, in words.
    public var source: String
    public init(version: String, source: String) {
      self.version = version
      self.source = source
    }
  }

  public var period: Period
  /// It had not ended when the books were made.
  public var isToDate = false
  /// Of a period that is not over: the day it was looked at. Nothing finer of the clock is in a report.
  public var asOf: String?
  /// What its reports are written in.
  public var language = Language.en
  /// Whether each product gets a workbook of its own, without the others' figures.
  public var productFiles = false
  /// Whether the workbook has a sheet for each product.
  public var productSheets = false
  public var programVersion: String
  public var prices: PriceVersion
  public var attributionVersion: String
  /// In the rules' order; the last is `unattributed`.
  public var products: [Product]
  /// All weighted counts are in units of one part in so many.
  public var weightDenominator: Int128
  /// In order of product, provider, model, tier, entry.
  public var rows: [Row]
  /// `days[day][product]`, one entry for each of the period's days.
  public var days: [[DayCell]]
  /// The usage of `rows` cut by day, in the order of their places.
  public var dayRows: [DayRow]
  /// What was used, to the day, the product, the key and the model.
  public var use = PeriodUse()
  /// Why it cost what it did; nil where nobody looked.
  public var review: Review?
  /// What closed periods are corrected by in this one, to the day; `rows` holds their sums.
  public var adjustments: Adjustments
  /// Fixed costs, credits, commitments and the spreading of unattributed cost; `rows` holds their parts.
  public internal(set) var costs: [CostLine] = []
  /// Version of the costs file; `none` without one.
  public var costsVersion = "none"
  /// Beside the books: in no row and no total.
  public var taxes: [TaxLine] = []
  /// What the figures are printed in beside dollars; nil for dollars alone.
  public var currency: ReportCurrency?
  public var unpriced: [Unpriced]
  /// The period's usage once by key, once by team, once by user; corrections of other periods are no one's.
  public var callers: [Caller] = []
  public var inputs: [Input]
  /// In the order of use and name. With `settings`, `inputs` and the versions, all that the figures depend on.
  public var otherInputs: [OtherInput] = []
  /// Beside zone and language, which stand by themselves.
  public var settings: [Setting] = []
  public var rejections: [Rejection]
  public var holes: [Hole]
  public var checks: [Check]
  /// In order of endpoint and path; with `hasMoreUnknownFields` there were more.
  public var unknownFields: [UnknownField] = []
  public var hasMoreUnknownFields = false
  public var mismatches: [Mismatch] = []
  /// The largest differences first; empty where no source stated a cost.
  public var statedCosts: [StatedCost] = []
  /// The largest differences first; empty where no vendor stated a day of this period.
  public var statedDays: [StatedDay] = []
  /// The largest differences first; empty where no vendor stated what was used on a day of this period.
  public var statedUsage: [StatedUsage] = []
  /// Requests whose counts were estimated or mended, whole requests and not weighted.
  public var estimatedRequests: Int64

  public init(
    period: Period, programVersion: String, prices: PriceVersion, attributionVersion: String,
    products: [Product], weightDenominator: Int128
  ) {
    self.period = period
    self.programVersion = programVersion
    self.prices = prices
    self.attributionVersion = attributionVersion
    self.products = products
    self.weightDenominator = weightDenominator
    self.rows = []
    self.days = Array(
      repeating: Array(repeating: DayCell(), count: products.count), count: period.days.count)
    self.dayRows = []
    self.adjustments = Adjustments()
    self.unpriced = []
    self.inputs = []
    self.rejections = []
    self.holes = []
    self.checks = []
    self.estimatedRequests = 0
  }
}
