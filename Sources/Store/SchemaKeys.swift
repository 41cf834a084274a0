extension Schema {
  /// What keys, teams and users may do, former secrets of keys, who changed what, and what proxies were given of budgets.
  static let keyPolicies = """
    ALTER TABLE keys ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';      -- JSON object: see PolicyText
    -- Secrets that a rotation replaced, and until when they open.
    CREATE TABLE former_secrets(
      sha256 TEXT PRIMARY KEY, key TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
    CREATE TABLE policy_holders(
      kind TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
      PRIMARY KEY(kind, name)) STRICT, WITHOUT ROWID;
    -- Only added to.
    CREATE TABLE audit(
      id INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      subject TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
    -- What each proxy took of a budget to spend, in whole nanodollars; a bucket is a period's beginning, or for a
    -- rolling budget a quarter of an hour.
    CREATE TABLE budget_leases(
      holder TEXT NOT NULL, budget TEXT NOT NULL, bucket INTEGER NOT NULL, proxy TEXT NOT NULL,
      granted INTEGER NOT NULL,
      PRIMARY KEY(holder, budget, bucket, proxy)) STRICT, WITHOUT ROWID;
    """
}
