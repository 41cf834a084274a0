// The price book that the program carries, so that it prices without a file and without a network.
// bundled.csv is a link to a version in prices/; touch this file when the link changes, for the build to see it.
  .section .rodata
  .global tollbook_bundled_prices_begin
  .global tollbook_bundled_prices_end
tollbook_bundled_prices_begin:
  .incbin "bundled.csv"
tollbook_bundled_prices_end:
  .byte 0
  .section .note.GNU-stack,"",%progbits
