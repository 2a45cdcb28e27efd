-- Ledger messages that could not be read: kept whole, seen, and never in the way.
CREATE TABLE IF NOT EXISTS quarantine_v1
(
    position UInt64,
    subject  String,
    reason   String,
    body     String
)
ENGINE = ReplacingMergeTree
ORDER BY position
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
