#pragma once
#include <stddef.h>

/// The bytes of the price book inside the program.
extern const char tollbook_bundled_prices_begin[];
extern const char tollbook_bundled_prices_end[];

static inline const char *tollbook_bundled_prices(void) { return tollbook_bundled_prices_begin; }

static inline size_t tollbook_bundled_prices_size(void) {
  return (size_t)(tollbook_bundled_prices_end - tollbook_bundled_prices_begin);
}
