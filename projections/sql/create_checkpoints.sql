-- How far the folds of this database reach, by partition of the ledger. Written last in every flush.
CREATE TABLE IF NOT EXISTS checkpoints_v1
(
    partition UInt8,
    position  UInt64
)
ENGINE = ReplacingMergeTree(position)
ORDER BY partition
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
