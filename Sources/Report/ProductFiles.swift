import Ledger

/// Names of the files that each product's owner gets.
enum ProductFiles {
  enum Limit {
    /// Half of what file systems take, in UTF-8 bytes.
    static let idBytesMax = 120
  }

  /// Of the products that stand in the books' rows, in their order.
  static func names(_ books: Books) -> [(product: Int, name: String)] {
    let used = Set(books.rows.map(\.product))
    var taken: Set<String> = []
    return books.products.indices.filter(used.contains).map { product in
      let id = safe(books.products[product].id)
      var name = id
      var number = 2
      // Some file systems do not tell `A` from `a`.
      while !taken.insert(name.lowercased()).inserted {
        name = "\(id)-\(number)"
        number += 1
      }
      return (product, "chargeback-\(name).xlsx")
    }
  }

  private static func safe(_ id: String) -> String {
    var result = ""
    for character in id {
      let isPlain = character.isLetter || character.isNumber || "._-".contains(character)
      let next = isPlain ? String(character) : "_"
      guard result.utf8.count + next.utf8.count <= Limit.idBytesMax else { break }
      result += next
    }
    return result
  }
}
