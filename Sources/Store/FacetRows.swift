internal import JSON
public import Ledger

/// Facts as they are stored: the tags as one JSON text.
struct FacetKey: Hashable {
  var facts: RequestFacts

  static func text(_ tags: [RequestFacts.Tag]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      for tag in tags { writer.member(tag.name, tag.value) }
    }
    return writer.text
  }
}

extension Store {
  /// The number that stands for these facts. It holds within a transaction: one that fails takes back what it gave.
  public func facetNumber(of facts: RequestFacts) throws(StoreError) -> Int64 { try facetID(facts) }

  /// The number that stands for a text; it holds within a transaction.
  public func nameNumber(of text: UnsafeBufferPointer<UInt8>) throws(StoreError) -> Int64 {
    try nameID(String(decoding: text, as: UTF8.self)) ?? 0
  }

  /// The number that stands for these facts.
  func facetID(_ facts: RequestFacts) throws(StoreError) -> Int64 {
    let key = FacetKey(facts: facts)
    if facetIDs.isEmpty { try loadFacets() }
    if let known = facetIDs[key] { return known }
    let facts = kept(facts)
    let keptKey = FacetKey(facts: facts)
    if let known = facetIDs[keptKey] {
      facetIDs[key] = known
      return known
    }
    let insert = try statement(
      """
      INSERT INTO facets(endpoint, provider, upstream, region, model_requested, model_routed, model_returned,
        key_id, key_name, team, tags, inference_profile, agent, service_tier, price_facts)
      VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id
      """)
    insert.bind(facts.endpoint).bind(facts.provider).bind(facts.upstream).bind(facts.region)
      .bind(facts.modelRequested).bind(facts.modelRouted).bind(facts.modelReturned)
      .bind(facts.keyID).bind(facts.keyName).bind(facts.team).bind(FacetKey.text(facts.tags))
      .bind(facts.inferenceProfile).bind(facts.agent).bind(facts.serviceTier)
      .bind(FacetKey.text(facts.priceFacts))
    guard try insert.next() else { throw StoreError("a facet was not written") }
    let id = insert.integer(0)
    insert.reset()
    facetIDs[key] = id
    facetIDs[keptKey] = id
    facets[id] = keptKey
    try setUsageFacet(of: id, facts)
    return id
  }

  /// Usage is added up without the agent, so that each client's version does not make rows of its own.
  private func setUsageFacet(of id: Int64, _ facts: RequestFacts) throws(StoreError) {
    var plain = facts
    plain.agent = nil
    let usageFacet = facts.agent == nil ? id : try facetID(plain)
    try statement("UPDATE facets SET usage_facet = ? WHERE id = ?").bind(usageFacet).bind(id).run()
    usageFacets[id] = usageFacet
  }

  func facts(_ id: Int64) throws(StoreError) -> RequestFacts {
    if let known = facets[id] { return known.facts }
    try loadFacets()
    guard let found = facets[id] else { throw StoreError("facet \(id) is missing: the store is damaged") }
    return found.facts
  }

  func loadFacets() throws(StoreError) {
    let rows = try statement(
      """
      SELECT id, endpoint, provider, upstream, region, model_requested, model_routed, model_returned,
        key_id, key_name, team, tags, inference_profile, agent, service_tier, price_facts, usage_facet FROM facets
      """)
    while try rows.next() {
      let facts = RequestFacts(
        endpoint: rows.text(1), provider: rows.text(2), upstream: rows.text(3), region: rows.text(4),
        modelRequested: rows.text(5), modelRouted: rows.text(6), modelReturned: rows.text(7),
        keyID: rows.text(8), keyName: rows.text(9), team: rows.text(10),
        tags: try tags(rows.text(11) ?? "{}"), inferenceProfile: rows.text(12), agent: rows.text(13),
        serviceTier: rows.text(14), priceFacts: try tags(rows.text(15) ?? "{}"))
      let id = rows.integer(0)
      facets[id] = FacetKey(facts: facts)
      facetIDs[FacetKey(facts: facts)] = id
      let usageFacet = rows.integer(16)
      if usageFacet != 0 { usageFacets[id] = usageFacet }
    }
    // Those that a store had before usage was added up.
    for (id, key) in facets where usageFacets[id] == nil { try setUsageFacet(of: id, key.facts) }
  }

  /// The number that stands for a text; nil where the store never saw it.
  func knownName(_ text: String) throws(StoreError) -> Int64? {
    let select = try statement("SELECT id FROM names WHERE text = ?")
    defer { select.reset() }
    return try select.bind(text).next() ? select.integer(0) : nil
  }

  /// The text that a number stands for.
  func name(_ id: Int64) throws(StoreError) -> String {
    if let known = names[id] { return known }
    if names.count >= StoreLimit.namesCached { names.removeAll() }
    let select = try statement("SELECT text FROM names WHERE id = ?")
    guard try select.bind(id).next() else { throw StoreError("name \(id) is missing: the store is damaged") }
    let text = select.text(0) ?? ""
    select.reset()
    names[id] = text
    return text
  }

  func segmentName(_ id: Int64) throws(StoreError) -> String {
    if let known = segmentNames[id] { return known }
    if segmentNames.count >= StoreLimit.namesCached { segmentNames.removeAll() }
    let select = try statement("SELECT name FROM segments WHERE id = ?")
    guard try select.bind(id).next() else {
      throw StoreError("segment \(id) is missing: the store is damaged")
    }
    let text = select.text(0) ?? ""
    select.reset()
    segmentNames[id] = text
    return text
  }

  func tags(_ text: String) throws(StoreError) -> [RequestFacts.Tag] {
    do throws(JSONError) {
      return try JSONTape().parse(text).members.compactMap { name, value in
        guard let name = name.string, let value = value.string else { return nil }
        return RequestFacts.Tag(name: name, value: value)
      }
    } catch {
      throw StoreError("tags are not JSON: the store is damaged")
    }
  }

  /// The number that stands for a text.
  func nameID(_ text: String?) throws(StoreError) -> Int64? {
    guard let text else { return nil }
    if let known = nameIDs[text] { return known }
    if nameIDs.count >= StoreLimit.namesCached { nameIDs.removeAll() }
    let insert = try statement("INSERT INTO names(text) VALUES(?) ON CONFLICT DO NOTHING")
    try insert.bind(text).run()
    let select = try statement("SELECT id FROM names WHERE text = ?")
    guard try select.bind(text).next() else { throw StoreError("a name vanished: the store is damaged") }
    let id = select.integer(0)
    select.reset()
    nameIDs[text] = id
    return id
  }
}

/// Facts as the store will keep them: what a run that just stored them sees is what the next one reads.
private func kept(_ facts: RequestFacts) -> RequestFacts {
  var result = facts
  for field: WritableKeyPath<RequestFacts, String?> in [
    \.endpoint, \.provider, \.upstream, \.region, \.modelRequested, \.modelRouted, \.modelReturned, \.keyID,
    \.keyName, \.team, \.inferenceProfile, \.agent, \.serviceTier,
  ] { result[keyPath: field] = result[keyPath: field].map { kept($0) } }
  return result
}

public enum StoreLimit {
  /// Texts kept in memory with their numbers; beyond it the cache starts anew.
  public static let namesCached = 200_000
  /// Rows that a server sends at once: some MB at most.
  static let rowsAtATime = 2_000
  /// Blocks of request rows likewise.
  static let blocksAtATime = 8
  /// How long a server that is not there, or is starting, is waited for: longer than one takes to start again.
  public static let connectSecondsMax = 30
}
