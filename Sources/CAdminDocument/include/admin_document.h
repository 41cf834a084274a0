#pragma once
#include <stddef.h>

/// The OpenAPI document of the admin API.
extern const char tollbook_admin_document_begin[];
extern const char tollbook_admin_document_end[];

static inline const char *tollbook_admin_document(void) { return tollbook_admin_document_begin; }

static inline size_t tollbook_admin_document_size(void) {
  return (size_t)(tollbook_admin_document_end - tollbook_admin_document_begin);
}
