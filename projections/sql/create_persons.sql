-- Whom a prospect id stands for, of the ids that any link names. An id that is not here stands for itself.
CREATE TABLE IF NOT EXISTS persons_v1
(
    org      LowCardinality(String),
    prospect String,
    person   String COMMENT 'the least of the ids of the same person',
    apart    UInt8  COMMENT '0 = no; it joins nobody: 1 = it stands beside too many others, 2 = somebody said that it is shared',
    version  UInt64,
    INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, prospect)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
