/// The chat services that a message can be drawn for.
public enum ChatService: String, CaseIterable, Sendable {
  case slack
  case googleChat = "google-chat"
  case teams
  case discord
  case mattermost
  /// Any receiver of JSON, which knows the sender by a signature.
  case webhook

  /// The body of the post. It is within the service's limits whatever the message holds, and nothing in it is a
  /// mention, a link or markup that came from outside.
  public func payload(_ message: ChatMessage) -> [UInt8] {
    switch self {
    case .slack: SlackPost.bytes(message)
    case .googleChat: GoogleChatPost.bytes(message)
    case .teams: TeamsPost.bytes(message)
    case .discord: DiscordPost.bytes(message)
    case .mattermost: MattermostPost.bytes(message)
    case .webhook: WebhookPost.bytes(message)
    }
  }
}
