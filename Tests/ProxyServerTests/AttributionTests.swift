import JSON
import Ledger
import NIOCore
import ProxyServer
import Testing

/// The user, the session, the tags, and the body that goes on.
private func read(
  _ body: String, _ endpoint: Endpoint = .chatCompletions
) throws -> (who: String, body: String) {
  let reading = try RequestReading(JSONTape().parse(body), endpoint: endpoint)
  let (splices, _) = reading.splices(model: nil)
  let tags = reading.tags.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
  let result = spliced(ByteBuffer(string: body), splices, allocator: ByteBufferAllocator())
  return ("\(reading.user ?? "-") \(reading.session ?? "-") \(tags)", String(buffer: result))
}

@Suite struct AttributionTests {
  @Test(
    "what the clients of each vendor say of themselves is read, and what its vendor would refuse is left out",
    arguments: [
      // OpenAI's own members pass.
      (
        #"{"model":"m","user":"u","metadata":{"feature":"search","v":"2"}}"#, "u - feature=search,v=2",
        #"{"model":"m","user":"u","metadata":{"feature":"search","v":"2"}}"#
      ),
      (#"{"safety_identifier":"s1","model":"m"}"#, "s1 - ", #"{"safety_identifier":"s1","model":"m"}"#),
      // LiteLLM's do not.
      (
        #"{"model":"m","metadata":{"tags":["env=prod","team:a","nightly"],"session_id":"s"},"n":1}"#,
        "- s env=prod,team=a,nightly=true", #"{"model":"m","metadata":{"session_id":"s"},"n":1}"#
      ),
      (
        #"{"tags":["a=b"],"litellm_session_id":"cline-1","model":"m","drop_params":true}"#, "- cline-1 a=b",
        #"{"model":"m"}"#
      ),
      (
        #"{"model":"m", "litellm_metadata" : {"user_id":"u","cost":"4101"} , "n":1}"#, "u - cost=4101",
        #"{"model":"m" , "n":1}"#
      ),
      (
        #"{"metadata":{"a":1,"b":"x","c":[]},"model":"m"}"#, "- - b=x", #"{"metadata":{"b":"x"},"model":"m"}"#
      ),
      (#"{"metadata":{"a":1},"model":"m"}"#, "- - ", #"{"metadata":{},"model":"m"}"#),
      (#"{"metadata":null,"model":"m"}"#, "- - ", #"{"metadata":null,"model":"m"}"#),
    ])
  func openAI(_ body: String, _ who: String, _ passed: String) throws {
    let result = try read(body)
    #expect(result.who == who)
    #expect(result.body == passed)
  }

  @Test(
    "Anthropic knows a user's id and nothing else; Claude Code's holds the session as well",
    arguments: [
      (
        #"{"model":"m","metadata":{"user_id":"u-1","tags":["a=b"],"x":"y"}}"#, "u-1 - a=b,x=y",
        #"{"model":"m","metadata":{"user_id":"u-1"}}"#
      ),
      (
        #"{"model":"m","metadata":{"user_id":"user_ab_account_cd_session_ef-1"}}"#,
        "user_ab_account_cd ef-1 ",
        #"{"model":"m","metadata":{"user_id":"user_ab_account_cd_session_ef-1"}}"#
      ),
      (
        #"{"model":"m","metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"a\",\"session_id\":\"s\"}"}}"#,
        "a s ",
        #"{"model":"m","metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"a\",\"session_id\":\"s\"}"}}"#
      ),
    ])
  func anthropic(_ body: String, _ who: String, _ passed: String) throws {
    let result = try read(body, .messages)
    #expect(result.who == who)
    #expect(result.body == passed)
  }

  @Test("no more than sixteen tags are kept, and the first of a name") func bounds() throws {
    let members = (0..<40).map { #""k\#($0)":"v""# }.joined(separator: ",")
    let reading = try RequestReading(
      JSONTape().parse(#"{"model":"m","tags":["k0=first"],"metadata":{\#(members)}}"#),
      endpoint: .chatCompletions)
    #expect(reading.tags.count == 16)
    #expect(reading.tags.first.map { "\($0.name)=\($0.value)" } == "k0=first")
  }
}
