/// How vendors are spoken to over TLS: their certificates are checked, and what may be spoken inside is told.
internal import NIOSSL

struct VendorTLS: Sendable {
  let http1: NIOSSLContext
  /// Asks for HTTP/2, and takes HTTP/1.1 where there is none.
  let http2: NIOSSLContext

  init(_ settings: ProxySettings) throws {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let file = settings.trustRootsFile { configuration.trustRoots = .file(file) }
    http1 = try NIOSSLContext(configuration: configuration)
    configuration.applicationProtocols = ["h2", "http/1.1"]
    http2 = try NIOSSLContext(configuration: configuration)
  }
}
