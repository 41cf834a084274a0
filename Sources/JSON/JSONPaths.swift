/// Paths in, what an object has at each of them out, found in one pass over the object.
///
/// Asking for one name after the other goes over all members each time; an object that is read on every line is
/// cheaper to go over once. What stands at none of the paths can be looked at in the same pass.
public struct JSONPaths: Sendable {
  fileprivate struct Node {
    /// Where its name stands in `names`.
    var nameStart: Int
    var nameCount: Int
    /// Which path ends here; -1 for a step on the way.
    var slot: Int32
    /// The first node behind this one and its children: the nodes stand parents first.
    var next: Int
  }

  private var nodes: [Node] = [Node(nameStart: 0, nameCount: 0, slot: -1, next: 1)]
  private var names: [UInt8] = []
  /// What these paths are known by where something found is remembered.
  private let identity = Identity()

  final class Identity: Sendable {}

  public enum Limit {
    /// More than any vendor's usage object has; the places found stand in a fixed room.
    public static let slotsMax = 64
  }

  /// - Parameter paths: names joined by dots, and the slot that each fills. Several paths may fill one slot; then
  ///   the one that stands last in the object counts.
  public init(_ paths: [(path: String, slot: Int)]) {
    add(paths.map { (Array($0.path.utf8).split(separator: UInt8(ascii: ".")), $0.slot) }, under: 0)
  }

  private mutating func add(_ paths: [(steps: [ArraySlice<UInt8>], slot: Int)], under parent: Int) {
    var firsts: [ArraySlice<UInt8>] = []
    for (steps, _) in paths where !firsts.contains(steps[0]) { firsts.append(steps[0]) }
    for first in firsts {
      let own = paths.filter { $0.steps[0] == first }
      let end = own.first { $0.steps.count == 1 }
      let rest = own.filter { $0.steps.count > 1 }.map { (Array($0.steps.dropFirst()), $0.slot) }
      precondition(end == nil || rest.isEmpty, "a path ends in the middle of another")
      precondition(own.allSatisfy { $0.slot < Limit.slotsMax }, "a slot is beyond the room for it")
      let index = nodes.count
      nodes.append(
        Node(nameStart: names.count, nameCount: first.count, slot: Int32(end?.slot ?? -1), next: 0))
      names += first
      add(rest, under: index)
    }
    nodes[parent].next = nodes.count
  }

  /// Goes over the object.
  ///
  /// - Parameter stranger: called with each member at none of the paths that holds a number other than 0 or may
  ///   hold one inside, and the path of the object it stands in, `""` at the top.
  public func find(
    in object: JSONValue, stranger: (_ parent: String, _ name: JSONValue, _ value: JSONValue) -> Void
  ) -> JSONFound {
    if let memory = object.layout.memory {
      return remembered(memory, object, stranger: stranger)
    }
    let found = JSONFound(layout: object.layout, places: JSONPlaces())
    if object.isObject { search(object, found, strangers: nil, stranger) }
    return found
  }

  /// Finds in a layout where nothing changes but the numbers: what was found before is found again.
  private func remembered(
    _ memory: JSONMemory, _ object: JSONValue,
    stranger: (_ parent: String, _ name: JSONValue, _ value: JSONValue) -> Void
  ) -> JSONFound {
    if let known = memory.find(identity, object.index) {
      for strange in known.strangers {
        let value = JSONValue(layout: object.layout, index: strange.value)
        guard value.mayHoldCount else { continue }
        stranger(strange.parent, JSONValue(layout: object.layout, index: strange.value - 1), value)
      }
      return JSONFound(layout: object.layout, places: known.places)
    }
    let found = JSONFound(layout: object.layout, places: JSONPlaces())
    let strangers = JSONStrangers()
    if object.isObject { search(object, found, strangers: strangers, stranger) }
    memory.remember(identity, object.index, found.places, strangers.list)
    return found
  }

  private func search(
    _ object: JSONValue, _ found: JSONFound, strangers: JSONStrangers?,
    _ stranger: (_ parent: String, _ name: JSONValue, _ value: JSONValue) -> Void
  ) {
    nodes.withUnsafeBufferPointer { nodes in
      names.withUnsafeBufferPointer { names in
        find(object.index, 0, nodes, names, found, strangers, stranger)
      }
    }
  }

  private func find(
    _ object: Int, _ parent: Int, _ nodes: UnsafeBufferPointer<Node>, _ names: UnsafeBufferPointer<UInt8>,
    _ found: JSONFound, _ strangers: JSONStrangers?,
    _ stranger: (String, JSONValue, JSONValue) -> Void
  ) {
    let layout = found.layout
    let end = Int(layout.nodes[object].next)
    var at = object + 1
    while at < end {
      let value = at + 1
      defer { at = Int(layout.nodes[value].next) }
      let kind = layout.nodes[value].kind
      guard kind != .null else { continue }
      let name = JSONValue(layout: layout, index: at)
      if let node = child(of: parent, named: name, nodes, names) {
        if nodes[node].slot >= 0 {
          found.places.nodes[Int(nodes[node].slot)] = Int32(value)
          continue
        }
        if kind == .object {
          find(value, node, nodes, names, found, strangers, stranger)
          continue
        }
      }
      let strange = JSONValue(layout: layout, index: value)
      strangers?.list.append(.init(parent: parentName(parent, nodes, names), value: value))
      guard strange.mayHoldCount else { continue }
      stranger(parentName(parent, nodes, names), name, strange)
    }
  }

  @inline(__always) private func child(
    of parent: Int, named name: JSONValue, _ nodes: UnsafeBufferPointer<Node>,
    _ names: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    let end = nodes[parent].next
    var at = parent + 1
    while at < end {
      let node = nodes[at]
      if name.isString(names, node.nameStart, node.nameCount) { return at }
      at = node.next
    }
    return nil
  }

  private func parentName(
    _ node: Int, _ nodes: UnsafeBufferPointer<Node>, _ names: UnsafeBufferPointer<UInt8>
  ) -> String {
    // Only ever made for a stranger: its way is the chain of nodes that contain it.
    var steps: [String] = []
    for index in 1..<max(1, node + 1) where index == node || nodes[index].next > node {
      let start = nodes[index].nameStart
      steps.append(String(decoding: names[start..<start + nodes[index].nameCount], as: UTF8.self))
    }
    return steps.joined(separator: ".")
  }

  /// Whether an object's own member of that name is on a path.
  public func knows(top name: JSONValue) -> Bool {
    nodes.withUnsafeBufferPointer { nodes in
      names.withUnsafeBufferPointer { names in child(of: 0, named: name, nodes, names) != nil }
    }
  }
}

/// What an object has at the paths asked for.
public struct JSONFound {
  fileprivate let layout: JSONLayout
  /// By slot: the node of the value, 0 for none. A member's value never is the tape's first.
  fileprivate let places: JSONPlaces

  /// The value in a slot; nil where the object has none, or null. Readable until the tape's next `parse`.
  public subscript(slot: Int) -> JSONValue? {
    let place = Int(places.nodes[slot])
    return place == 0 ? nil : JSONValue(layout: layout, index: place)
  }

  /// A number of 0 or more in a slot; nil where the object has none, or null. What is no such number is -1.
  public func count(_ slot: Int) -> Int64? {
    let place = Int(places.nodes[slot])
    if place == 0 { return nil }
    if let wholes = layout.wholes, layout.nodes[place].kind == .number { return wholes[place] }
    return max(-1, JSONValue(layout: layout, index: place).lenientWholeNumber ?? -1)
  }
}

/// The nodes found for each slot.
final class JSONPlaces {
  let nodes: UnsafeMutablePointer<Int32>

  init() {
    nodes = .allocate(capacity: JSONPaths.Limit.slotsMax)
    nodes.initialize(repeating: 0, count: JSONPaths.Limit.slotsMax)
  }

  deinit { nodes.deallocate() }
}

/// Members at none of the paths, as they are gathered.
private final class JSONStrangers {
  var list: [JSONMemory.Stranger] = []
}

/// What was found in a layout where nothing changes but the numbers.
final class JSONMemory {
  struct Stranger {
    var parent: String
    var value: Int
  }

  struct Entry {
    var identity: JSONPaths.Identity
    var object: Int
    var places: JSONPlaces
    var strangers: [Stranger]
  }

  private var entries: [Entry] = []

  fileprivate func find(_ identity: JSONPaths.Identity, _ object: Int) -> Entry? {
    for index in entries.indices
    where entries[index].identity === identity && entries[index].object == object { return entries[index] }
    return nil
  }

  fileprivate func remember(
    _ identity: JSONPaths.Identity, _ object: Int, _ places: JSONPlaces, _ strangers: [Stranger]
  ) {
    entries.append(Entry(identity: identity, object: object, places: places, strangers: strangers))
  }
}
