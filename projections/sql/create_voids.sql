-- Which ids were taken back, by which event: of several the first. Joined away wherever events are summed, so order does
-- not matter. A void is final: one that names another event.voided has no effect, and whoever joins leaves that type be.
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
