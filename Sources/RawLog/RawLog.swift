/// RawLog
