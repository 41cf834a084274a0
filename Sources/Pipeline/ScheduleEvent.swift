/// One line of the scheduler's log.
public struct ScheduleEvent: Sendable {
  public var name: String
  public var facts: [(name: String, value: String)]

  init(_ name: String, _ facts: [(String, String)] = []) {
    self.name = name
    self.facts = facts.map { (name: $0.0, value: $0.1) }
  }
}
