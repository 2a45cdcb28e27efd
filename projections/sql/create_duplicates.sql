-- Events whose id stood in the ledger already when they came: kept whole, to be looked at, and part of no other table.
CREATE TABLE IF NOT EXISTS duplicates_v1
(
    org      LowCardinality(String),
    id       String,
    position UInt64,
    first    UInt64                 COMMENT 'position of the copy that counts',
    verdict  LowCardinality(String) COMMENT 'duplicate: the same content; conflict: other content',
    body     String                 COMMENT 'the event, in its wire form',
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (org, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
