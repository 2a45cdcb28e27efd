-- What an org declares about itself rather than does: settings, goals, plans, reviews. Few rows, read whole.
CREATE TABLE IF NOT EXISTS declarations_v1
(
    org      LowCardinality(String),
    type     LowCardinality(String),
    position UInt64,
    id       String,
    body     String COMMENT 'the event, in its wire form',
    version  UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, type, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
