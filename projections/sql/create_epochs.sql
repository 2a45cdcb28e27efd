-- The changes of settings after which an org's events were moved to other days or teams: their number is the org's epoch.
CREATE TABLE IF NOT EXISTS epochs_v1
(
    org      LowCardinality(String),
    position UInt64 COMMENT 'of the event that caused the change'
)
ENGINE = ReplacingMergeTree
ORDER BY (org, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
