/// TestKit
