-- Which ids were taken back, by which event. Joined away wherever events are summed, so order does not matter.
CREATE TABLE IF NOT EXISTS voids_v1
(
    org      LowCardinality(String),
    target   String COMMENT 'id of the event that is void',
    id       String COMMENT 'id of the event.voided that says so',
    position UInt64,
    version  UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, target)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
