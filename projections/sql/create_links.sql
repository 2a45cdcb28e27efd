-- What events say about which prospect ids are one person: a pair of ids an event, in both directions. "seen": an event
-- carried both; "linked", "unlinked": somebody said so; "shared": the id belongs to nobody alone, "erased": it was erased (then both are the same).
CREATE TABLE IF NOT EXISTS links_v1
(
    org      LowCardinality(String),
    a        String,
    b        String,
    id       String                 COMMENT 'of the event that says so',
    kind     LowCardinality(String),
    position UInt64,
    version  UInt64,
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, a, b, kind, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
