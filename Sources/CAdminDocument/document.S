// The OpenAPI document of the admin API, as it is served; touch this file when openapi.json changes, for the build to see it.
  .section .rodata
  .global tollbook_admin_document_begin
  .global tollbook_admin_document_end
tollbook_admin_document_begin:
  .incbin "openapi.json"
tollbook_admin_document_end:
  .byte 0
  .section .note.GNU-stack,"",%progbits
