internal import CAdminDocument

/// The OpenAPI document of the admin API: the bytes of `Sources/CAdminDocument/openapi.json`.
enum AdminDocument {
  static let text = String(
    decoding: UnsafeRawBufferPointer(
      start: tollbook_admin_document(), count: tollbook_admin_document_size()), as: UTF8.self)
}
