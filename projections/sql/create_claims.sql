-- Who may write what depends on more than one event: of each partition, whoever holds the highest term. A projector claims
-- its partitions before it folds; see ADR 8. Terms only rise, so a claim that comes late takes nothing back.
CREATE TABLE IF NOT EXISTS claims_v1
(
    partition UInt8,
    term      UInt64
)
ENGINE = ReplacingMergeTree(term)
ORDER BY partition
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
