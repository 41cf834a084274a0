// swift-tools-version: 6.2
import PackageDescription

/// Only where `Fuzz/run.sh` builds: the fuzzer's run-time library. The rooms then carry its probes.
let fuzzer = Context.environment["TOLLBOOK_FUZZER_LIBRARY"]

/// Every target is compiled with the same strictness; a warning is an error.
let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ] + (fuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer,address"])])

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// One library room. `imports` is the whole list of what the room may import, and the build checks it.
func room(_ name: String, imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: strict)
}

func tests(_ name: String, imports: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: imports + ["TestKit"], swiftSettings: strict)
}

let package = Package(
  name: "tollbook",
  products: [.executable(name: "tollbook", targets: ["tollbook"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // The nouns and the one text format everything else reads.
    room("Ledger"),
    room("JSON"),

    // The proxy side.
    room("RawLog", imports: ["JSON", "Ledger", "CZstd", "CZlib"]),
    room("HTTPWire", imports: [nioCore]),
    room(
      "ProxyServer",
      imports: [
        "HTTPWire", "RawLog", "Normalize", "Price", "JSON", "Ledger", "CZlib", nioCore, nioPosix, nioHTTP1,
        nioSSL, nioTLS, nioHTTP2, nioHPACK,
        crypto,
      ]),

    // The stages, in the order of the way. They never import each other.
    room("Normalize", imports: ["JSON", "Ledger"]),
    room("Ingest", imports: ["RawLog", "Normalize", "JSON", "Ledger", crypto]),
    room("Price", imports: ["JSON", "Ledger", "CBundledPrices", crypto]),
    room("Attribute", imports: ["Ledger", crypto, yams]),
    room("Report", imports: ["JSON", "Ledger", "CXLSXWriter"]),

    room("Store", imports: ["JSON", "Ledger", "CSQLite", "CPQ"]),
    room("Sample", imports: ["JSON", "Ledger"]),
    room(
      "Pipeline",
      imports: [
        "Ingest", "Price", "Attribute", "Report", "Store", "RawLog", "JSON", "Ledger", crypto,
      ]),

    .executableTarget(
      name: "tollbook",
      dependencies: [
        "Pipeline", "ProxyServer", "Store", "Price", "Attribute", "Report", "Ingest", "Sample", "RawLog",
        "JSON", "Ledger", "CAdminDocument", crypto, yams,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "charges-benchmark", dependencies: ["Price", "Store", "Ledger"],
      path: "Benchmarks/charges",
      exclude: ["count_allocations.c", "peers.py"], swiftSettings: strict),

    .executableTarget(
      name: "workbook-benchmark", dependencies: ["Report", "Ledger"], path: "Benchmarks/workbooks",
      exclude: ["sheet.c", "sheet.py"], swiftSettings: strict),

    // The price book inside the program: its bytes, nothing more.
    .target(name: "CBundledPrices", exclude: ["bundled.csv"], cSettings: [.headerSearchPath(".")]),

    // The document of the admin API: its bytes, nothing more.
    .target(name: "CAdminDocument", exclude: ["openapi.json"], cSettings: [.headerSearchPath(".")]),

    // C libraries of the system: module maps and shims, nothing more.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CXLSXWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),

    // Tests: one target per room, and what they share.
    .target(
      name: "TestKit",
      dependencies: ["HTTPWire", "JSON", "Ledger", nioCore, nioPosix, nioHTTP1, "CZlib", crypto],
      path: "Tests/TestKit", swiftSettings: strict),
    .executableTarget(
      name: "vendor-stand-in", dependencies: ["TestKit", "JSON"], path: "Tests/VendorStandIn",
      swiftSettings: strict),
    .target(
      name: "ParserLaws",
      dependencies: [
        "ProxyServer", "HTTPWire", "Ingest", "RawLog", "JSON", "Ledger", "TestKit", nioCore, "CZlib",
      ],
      path: "Fuzz/Laws", swiftSettings: strict),
    tests("ParserLawsTests", imports: ["ParserLaws"]),
    tests("LedgerTests", imports: ["Ledger"]),
    tests("JSONTests", imports: ["JSON"]),
    tests("HTTPWireTests", imports: ["HTTPWire", nioCore, nioHTTP1, nioEmbedded]),
    tests("RawLogTests", imports: ["RawLog", "JSON", "Ledger"]),
    tests(
      "ProxyServerTests",
      imports: [
        "ProxyServer", "HTTPWire", "Normalize", "Price", "RawLog", "JSON", "Ledger", nioCore, nioPosix,
        nioHTTP1, nioEmbedded,
      ]),
    tests("NormalizeTests", imports: ["Normalize", "JSON", "Ledger"]),
    tests("IngestTests", imports: ["Ingest", "RawLog", "Ledger", "Sample", "JSON", "ParserLaws"]),
    tests("PriceTests", imports: ["Price", "JSON", "Ledger"]),
    tests("AttributeTests", imports: ["Attribute", "Ledger"]),
    tests("ReportTests", imports: ["Report", "JSON", "Ledger"]),
    tests("SampleTests", imports: ["Sample"]),
    tests("StoreTests", imports: ["Store", "Ledger"]),
    tests(
      "PipelineTests",
      imports: [
        "Pipeline", "Ingest", "Price", "Attribute", "Report", "Store", "Sample", "RawLog", "JSON",
        "Ledger",
        nioCore, nioPosix, nioHTTP1,
      ]),
  ]
)

if let fuzzer {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["ParserLaws"], path: "Fuzz/Program", swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-sanitize=address", "-use-ld=lld", fuzzer, "-lstdc++"])]))
}
