/// Price
