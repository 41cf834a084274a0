/// What clients ask before they ask a model: which models there are, in each vendor's shape and in LiteLLM's.
internal import JSON
internal import Ledger

extension LoopContext {
  /// - Returns: nil where the vendor must say it.
  func page(_ page: OwnPage, _ request: IncomingRequest, _ key: ClientKey) -> OwnAnswer? {
    let patterns = key.models.map { Pattern($0) }
    let dialect = request.endpoint.dialect
    let models = core.settings.listedModels.filter { model in
      (patterns.isEmpty || patterns.contains { $0.matches(model.name) })
        && core.routing.route(model: model.name, endpoint: request.endpoint)?.vendor.speaks(dialect) == true
    }
    var writer = JSONWriter()
    switch page {
    case .modelInfo: writeInfo(models, to: &writer)
    case .models:
      guard !models.isEmpty else { return nil }
      writeList(models, dialect, to: &writer)
    case .model(let id):
      guard let model = models.first(where: { $0.name == id }) else { return nil }
      write(model, dialect, to: &writer)
    }
    return OwnAnswer(json: writer.bytes)
  }

  private func writeList(_ models: [ListedModel], _ dialect: Dialect, to writer: inout JSONWriter) {
    writer.object { writer in
      if dialect == .openAI { writer.member("object", "list") }
      writer.member(
        dialect == .gemini ? "models" : "data",
        array: { writer in
          for model in models { write(model, dialect, to: &writer) }
        })
      guard dialect == .anthropic else { return }
      writer.member("first_id", models.first?.name)
      writer.member("has_more", false)
      writer.member("last_id", models.last?.name)
    }
  }

  private func write(_ model: ListedModel, _ dialect: Dialect, to writer: inout JSONWriter) {
    writer.object { writer in
      switch dialect {
      case .openAI, .bedrock:
        writer.member("id", model.name)
        writer.member("object", "model")
        writer.member("created", core.started / 1_000_000)
        writer.member("owned_by", "tollbook")
      case .anthropic:
        writer.member("type", "model")
        writer.member("id", model.name)
        writer.member("display_name", model.name)
        writer.member("created_at", Timestamp.text(core.started))
      case .gemini:
        writer.member("name", "models/" + model.name)
        writer.member("displayName", model.name)
        if let limit = model.maxInputTokens { writer.member("inputTokenLimit", limit) }
        if let limit = model.maxOutputTokens { writer.member("outputTokenLimit", limit) }
        writer.member(
          "supportedGenerationMethods",
          array: { writer in
            for name in ["generateContent", "streamGenerateContent", "countTokens"] { writer.string(name) }
          })
      }
    }
  }

  /// LiteLLM's page. Cline takes the model's name from `litellm_params`, so what it sends must stand there.
  private func writeInfo(_ models: [ListedModel], to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member(
        "data",
        array: { writer in
          for model in models {
            writer.object { writer in
              writer.member("model_name", model.name)
              writer.member("litellm_params", object: { $0.member("model", model.name) })
              writer.member(
                "model_info",
                object: { writer in
                  writer.member("max_tokens", model.maxOutputTokens)
                  writer.member("max_input_tokens", model.maxInputTokens)
                  writer.member("max_output_tokens", model.maxOutputTokens)
                })
            }
          }
        })
    }
  }
}
