internal import ArgumentParser

@main
struct Tollbook: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tollbook")
}
