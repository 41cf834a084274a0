/// Sums that other sources brought are taken a bucket at a time: an hour or a day of one account.
extension Store {
  /// Takes a bucket for one file.
  /// - Returns: false where a file has it already.
  public func takeBucket(_ name: String) throws(StoreError) -> Bool {
    try statement("INSERT INTO source_ids VALUES(?) ON CONFLICT DO NOTHING").bind(name).run()
    return database.changes == 1
  }

  /// Whether another source has brought the row of this id.
  public func hasSourceID(_ id: String) throws(StoreError) -> Bool {
    let select = try statement("SELECT 1 FROM source_ids WHERE id = ?")
    let found = try select.bind(id).next()
    select.reset()
    return found
  }
}
