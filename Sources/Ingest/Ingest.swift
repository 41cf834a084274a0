/// Ingest
