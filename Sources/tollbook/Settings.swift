internal import ArgumentParser
internal import Attribute
internal import Foundation
internal import Ingest
internal import Ledger
internal import Pipeline
internal import Price
internal import Report
internal import Store

/// The flags that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "The configuration file (default: tollbook.yaml, if it is here).")
  var config: String?
  @Option(help: "The folder of the raw logs (default: raw-logs).")
  var rawLogs: String?
  @Option(help: "Where the ledger is kept: sqlite:FILE or postgres://… (default: sqlite:tollbook.db).")
  var store: String?
  @Option(help: "The folder of the price books (default: prices).")
  var prices: String?
  @Option(help: "The attribution rules (default: attribution.yaml, if it is here).")
  var attribution: String?
  @Option(
    help:
      "What each product may cost, by month: a CSV file (default: budgets.csv beside the configuration, if it is there)."
  )
  var budgets: String?
  @Option(
    help:
      "What each product made, by month or day: a CSV file (default: units.csv beside the configuration, if it is there)."
  )
  var units: String?
  @Option(help: "The folder that reports are written to (default: reports).")
  var reports: String?
  @Option(help: "The books' time zone, by its IANA name (default: UTC).")
  var timezone: String?
  @Option(
    help:
      "Fixed costs, credits, commitments and tax (default: costs.yaml beside the configuration, if it is there)."
  )
  var costs: String?
  @Option(help: "The rate table (default: fx.csv beside the configuration, if it is there).")
  var fx: String?
  @Option(
    help: "The currency that figures are printed in beside US dollars, such as JPY (default: USD alone).")
  var currency: String?
  @Option(help: "The language that reports are written in: en or ja (default: en).")
  var language: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Write a workbook for each product, without the others' figures (default: no).")
  var productFiles: Bool?
  @Flag(inversion: .prefixedNo, help: "Give each product a sheet of the workbook (default: no).")
  var productSheets: Bool?
  @Flag(help: "Print a machine-readable result on stdout.")
  var json = false
}

/// What holds after flags, environment (`TOLLBOOK_…`), file and defaults: the first that says something wins.
struct Settings {
  let file: ConfigurationFile
  let environment: [String: String]
  let rawLogs: String
  let store: String
  let prices: String
  /// Nil where no rules are given and none are here.
  let attribution: String?
  /// Nil where none are given and none are here.
  let budgets: String?
  let units: String?
  let reports: String
  /// Nil where none are given and none are there.
  let costsFile: String?
  let ratesFile: String?
  let currency: String
  let calendar: BookCalendar
  let sources: [Source]
  let link: String?
  let language: Language
  let productFiles: Bool
  let productSheets: Bool

  init(_ options: CommonOptions) throws {
    let environment = ProcessInfo.processInfo.environment
    var path = options.config ?? environment["TOLLBOOK_CONFIG"]
    if path == nil, FileManager.default.fileExists(atPath: "tollbook.yaml") { path = "tollbook.yaml" }
    let file = try path.map(ConfigurationFile.init(path:)) ?? ConfigurationFile()
    self.file = file
    self.environment = environment

    func given(_ flag: String?, _ name: String) -> String? {
      if let flag { return flag }
      let variable = "TOLLBOOK_" + name.uppercased().replacing("-", with: "_")
      if let value = environment[variable], !value.isEmpty { return value }
      return nil
    }
    func located(_ flag: String?, _ name: String) -> String? {
      given(flag, name) ?? file.settings[name].map { resolve($0, file.folder) }
    }
    rawLogs = located(options.rawLogs, "raw-logs") ?? "raw-logs"
    prices = located(options.prices, "prices") ?? "prices"
    reports = located(options.reports, "reports") ?? "reports"
    let here = FileManager.default.fileExists(atPath: "attribution.yaml") ? "attribution.yaml" : nil
    attribution = located(options.attribution, "attribution") ?? here
    func beside(_ name: String) -> String? {
      let path = resolve(name, file.folder)
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }
    costsFile = located(options.costs, "costs") ?? beside("costs.yaml")
    ratesFile = located(options.fx, "fx") ?? beside("fx.csv")
    budgets = located(options.budgets, "budgets") ?? beside("budgets.csv")
    units = located(options.units, "units") ?? beside("units.csv")
    var location = given(options.store, "store")
    if location == nil, let inFile = file.settings["store"] {
      location =
        inFile.hasPrefix("sqlite:")
        ? "sqlite:" + resolve(String(inFile.dropFirst(7)), file.folder) : inFile
    }
    store = location ?? "sqlite:tollbook.db"
    link = file.settings["link"]
    let word = given(options.language, "language") ?? file.settings["language"] ?? Language.en.rawValue
    guard let language = Language(rawValue: word) else {
      throw ConfigurationError("language \"\(word)\" is not known; there are en and ja")
    }
    self.language = language
    func switched(_ flag: Bool?, _ name: String) throws -> Bool {
      if let flag { return flag }
      switch given(nil, name) ?? file.settings[name] ?? "false" {
      case "true": return true
      case "false": return false
      case let other: throw ConfigurationError("\(name) \"\(other)\": write true or false")
      }
    }
    productFiles = try switched(options.productFiles, "product-files")
    productSheets = try switched(options.productSheets, "product-sheets")
    calendar = try BookCalendar(
      zone: given(options.timezone, "timezone") ?? file.settings["timezone"] ?? "UTC")
    sources = try file.sources { [calendar] in calendar.begin(dayText: $0) }
    currency = given(options.currency, "currency") ?? file.settings["currency"] ?? "USD"
    guard isCurrencyCode(currency) else {
      throw ConfigurationError("currency \"\(currency)\": write three capital letters, such as JPY")
    }
    guard currency == "USD" || ratesFile != nil else {
      throw ConfigurationError(
        "currency \(currency) needs a rate table: give it with fx: fx.csv or --fx FILE (see docs/costs.md)")
    }
  }

  /// Microseconds since 1970-01-01T00:00:00Z.
  static func now() -> Int64 { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)) }

  func period(_ text: String?) throws -> Period {
    try text.map { try calendar.period($0) } ?? calendar.lastFinishedMonth(now: Self.now())
  }

  func contents(_ path: String) throws -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationError("\(path): cannot be read: \(error.localizedDescription)")
    }
  }

  /// The rules, which must be there.
  func givenRules() throws -> RulesSource {
    guard attribution != nil else {
      throw ConfigurationError("no attribution rules are here: give them with --attribution FILE")
    }
    return try rules()
  }

  func rules() throws -> RulesSource {
    guard let attribution else { return .none }
    let text = try contents(attribution)
    do {
      let name = (attribution as NSString).lastPathComponent
      let rules = try Rules(yaml: text, name: name, dayBegin: { calendar.begin(dayText: $0) })
      return RulesSource(rules: rules, name: name, text: text)
    } catch {
      throw ConfigurationError("\(error)")
    }
  }

  func reviewFiles() throws -> ReviewFiles {
    func bytes(_ path: String) throws -> [UInt8] {
      do {
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      } catch {
        throw ConfigurationError("\(path): cannot be read: \(error.localizedDescription)")
      }
    }
    func name(_ path: String) -> String { (path as NSString).lastPathComponent }
    return ReviewFiles(
      budgets: try budgets.map { try BudgetsFile(bytes($0), name: name($0), rates: exchangeRates()) },
      units: try units.map { try UnitsFile(bytes($0), name: name($0)) })
  }

  func priceBook(version: String?, knownAt: String?) throws -> PriceFolder.Stored {
    var time: Int64?
    if let knownAt {
      guard let parsed = Timestamp.parse(knownAt.utf8) else {
        throw ConfigurationError("--known-at \(knownAt): write a time such as 2026-10-31T00:00:00Z")
      }
      time = parsed
    }
    do {
      return try PriceFolder(path: prices).load(version: version, knownAt: time)
    } catch {
      throw ConfigurationError("\(error)")
    }
  }

  /// The store as messages name it: its file, or its server without a password.
  func storeName() throws -> String { try Store.name(of: store) }

  /// How many months of request rows stay; nil where nothing is said.
  func retentionMonths() throws -> Int? {
    let variable = environment["TOLLBOOK_RETENTION_MONTHS"].flatMap { $0.isEmpty ? nil : $0 }
    guard let text = variable ?? file.settings["retention-months"] else { return nil }
    guard let months = Int(text), months > 0 else {
      throw ConfigurationError("retention-months \"\(text)\": write how many months stay, such as 13")
    }
    return months
  }

  /// Whether there is a store, or a server that may have one.
  func storeIsThere() throws -> Bool { try Store.isThere(store) }

  func makeRun(
    pricesVersion: String?, knownAt: String?, posts: [PostTarget],
    notice: @escaping (String) -> Void = Terminal.say
  ) throws -> Run {
    let rules = try rules()
    var run = runSettings(posts: posts)
    run.reviewFiles = try reviewFiles()
    run.otherInputs += try [
      otherInput("costs", costsFile),
      otherInput("fx", currency == "USD" && run.reviewFiles.budgets?.usesRates != true ? nil : ratesFile),
    ].compactMap { $0 }
    if currency != "USD" { run.bookSettings.append(.init("currency", currency)) }
    return Run(
      settings: run, store: try openStore(), priceFolder: PriceFolder(path: prices),
      prices: try priceBook(version: pricesVersion, knownAt: knownAt), rules: rules,
      costs: try costs(rules.rules),
      currency: currency == "USD" ? nil : (code: currency, rates: try exchangeRates()), now: Self.now,
      notice: notice)
  }

  func openStore() throws -> Store { try Store(store) }

  /// The store's lock, for a run that writes.
  func lock(_ command: String) throws -> RunLock {
    try RunLock(store, holder: "tollbook \(command), process \(getpid())")
  }

  func postTargets() throws -> [PostTarget] {
    func secret(_ variable: String, of post: String, _ what: String) throws -> String {
      guard let value = environment[variable], !value.isEmpty else {
        throw ConfigurationError("post \(post): the environment variable \(variable) must hold \(what)")
      }
      return value
    }
    return try file.posts.map { post in
      var target = PostTarget(
        name: post.name, service: post.service,
        url: try secret(post.urlEnvironment, of: post.name, "the webhook's address"),
        secret: try post.secretEnvironment.map {
          try secret($0, of: post.name, "what its posts are signed with")
        })
      target.kinds = post.kinds
      target.attempts = post.attempts
      target.answerSeconds = post.answerSeconds
      return target
    }
  }

  func runSettings(posts: [PostTarget]) -> RunSettings {
    RunSettings(
      rawLogs: rawLogs, sources: sources, store: store, reports: reports, posts: posts, link: link,
      language: language, productFiles: productFiles, productSheets: productSheets,
      programVersion: Program.version)
  }
}

func resolve(_ path: String, _ folder: String) -> String {
  path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
}
