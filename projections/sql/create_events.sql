-- Every event that stands in the ledger, once per id: the fold lets in no second copy, which goes into duplicates_v1.
-- The version ranks rows of one event by the epoch of its org: a change of the org's settings begins a new one, see
-- move_events. Today's rows of all orgs lie together.
CREATE TABLE IF NOT EXISTS events_v1
(
    org           LowCardinality(String),
    id            String,
    position      UInt64,
    type          LowCardinality(String),
    kind          LowCardinality(String),
    day           Date                      COMMENT 'the local day of the org',
    time          DateTime64(6, 'UTC'),
    recorded_at   DateTime64(6, 'UTC'),
    time_inferred Bool,
    rep           LowCardinality(String),
    team          LowCardinality(String)    COMMENT 'the team credited: the one told, else the one of the rep',
    told_team     LowCardinality(String),
    prospect      String,
    aliases       Array(String),
    outcome       LowCardinality(String),
    source        LowCardinality(String)    COMMENT 'where the lead came from',
    campaign      LowCardinality(String),
    product       LowCardinality(String),
    currency      LowCardinality(String),
    amount        Decimal(18, 4),
    annual        Decimal(18, 4)            COMMENT 'recurring amount by the year',
    seconds       Int64,
    offered       UInt8,
    taken         UInt8,
    told_by       String                    COMMENT 'CloudEvents source',
    data_version  UInt16,
    data          String                    COMMENT 'public payload, JSON',
    sealed        String                    COMMENT 'private fields, encrypted',
    digest        String,
    recorded_by   LowCardinality(String)    COMMENT 'id of the API key, of corrections',
    amends        String                    COMMENT 'id of the event in whose place this one stands',
    version       UInt64,
    deleted       UInt8                     COMMENT 'the event now stands on another day',
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_prospect prospect TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (day, org, kind, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
