-- Every event that brought a prospect to a stage, in the order of the person.
CREATE TABLE IF NOT EXISTS journey_steps_v1
(
    org      LowCardinality(String),
    prospect String,
    stage    LowCardinality(String),
    time     DateTime64(6, 'UTC'),
    id       String,
    position UInt64,
    rep      LowCardinality(String),
    team     LowCardinality(String) COMMENT 'as the event names it; empty if it names none',
    source   LowCardinality(String),
    version  UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, prospect, stage, time, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
