/// AWS's standard chain: the environment, a profile in its files, a container's metadata, an instance's. The first that has
/// credentials in, where they come from out. Profiles that lead elsewhere (roles, SSO, programs) are named and refused.
internal import Foundation
internal import ProxyServer

struct AWSChain {
  let environment: [String: String]

  /// - Throws: `ConfigurationError` where what is configured cannot be used.
  func source() throws -> AWSCredentialSource {
    if let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
      return .fixed(
        AWSCredentials(
          accessKeyID: id, secret: Secret(secret),
          sessionToken: value("AWS_SESSION_TOKEN").map { Secret($0) }))
    }
    if let profile = try profile() { return .fixed(profile) }
    let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN").map { Secret($0) }
    let tokenFile = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      return .container(url: "http://169.254.170.2" + path, token: token, tokenFile: tokenFile)
    }
    if let url = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      try check(containerURL: url)
      return .container(url: url, token: token, tokenFile: tokenFile)
    }
    guard value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
      throw ConfigurationError(
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the upstream a key-env with a Bedrock API key"
      )
    }
    return .instance(endpoint: value("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254")
  }

  private func value(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// As AWS's SDKs have it: credentials are sent to nobody but this machine and the two metadata services.
  private func check(containerURL url: String) throws {
    let host = URL(string: url)?.host ?? ""
    let known = ["localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
    guard url.hasPrefix("http://"),
      known.contains(host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")))
    else {
      throw ConfigurationError("AWS_CONTAINER_CREDENTIALS_FULL_URI must be http:// and one of \(known)")
    }
  }

  // MARK: - Profiles

  private func profile() throws -> AWSCredentials? {
    let named = value("AWS_PROFILE")
    let name = named ?? "default"
    let home = value("HOME") ?? "/"
    let credentials = sections(of: value("AWS_SHARED_CREDENTIALS_FILE") ?? home + "/.aws/credentials")
    let config = sections(of: value("AWS_CONFIG_FILE") ?? home + "/.aws/config")
    let inConfig = config[name == "default" ? "default" : "profile \(name)"] ?? [:]
    for section in [credentials[name] ?? [:], inConfig] {
      if let id = section["aws_access_key_id"], let secret = section["aws_secret_access_key"] {
        return AWSCredentials(
          accessKeyID: id, secret: Secret(secret),
          sessionToken: section["aws_session_token"].map { Secret($0) })
      }
    }
    let elsewhere = [
      "role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file",
    ]
    for section in [credentials[name] ?? [:], inConfig] {
      if let word = elsewhere.first(where: { section[$0] != nil }) {
        throw ConfigurationError(
          "AWS profile \(name) has \(word), which the proxy does not follow; give it keys, or let the container or instance have a role"
        )
      }
    }
    if let named {
      throw ConfigurationError(
        "AWS_PROFILE \(named): no such profile with keys in the credentials or config file")
    }
    return nil
  }

  /// `[section]`, then `name = value` lines; nested lines and comments are passed over.
  private func sections(of path: String) -> [String: [String: String]] {
    guard let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) })
    else { return [:] }
    var found: [String: [String: String]] = [:]
    var section = ""
    for line in text.split(whereSeparator: \.isNewline) where line.first?.isWhitespace == false {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        section = line.dropFirst().dropLast().trimmingCharacters(in: .whitespaces)
      } else if let equals = line.firstIndex(of: "=") {
        let name = line[..<equals].trimmingCharacters(in: .whitespaces)
        found[section, default: [:]][name] = line[line.index(after: equals)...]
          .trimmingCharacters(in: .whitespaces)
      }
    }
    return found
  }
}
