-- Sums by org, grain and bucket: one row per bucket and set of dimensions, so a year is one bucket and not 365.
-- A row whose count is 0 says that nothing stands there any more.
CREATE TABLE IF NOT EXISTS rollups_v1
(
    org       LowCardinality(String),
    grain     LowCardinality(String),
    bucket    Date COMMENT 'first day of the bucket',
    type      LowCardinality(String),
    outcome   LowCardinality(String),
    rep       LowCardinality(String),
    team      LowCardinality(String),
    source    LowCardinality(String),
    campaign  LowCardinality(String),
    product   LowCardinality(String),
    currency  LowCardinality(String),
    count     UInt64,
    amount    Decimal(38, 4),
    annual    Decimal(38, 4) COMMENT 'recurring amounts by the year',
    seconds   Int64,
    offered   UInt64,
    taken     UInt64,
    version   UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org, grain, bucket, type, outcome, rep, team, source, campaign, product, currency)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
