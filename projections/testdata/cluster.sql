CREATE DATABASE IF NOT EXISTS milemarker ON CLUSTER 'company' ENGINE = Atomic;

-- Every event that stands in the ledger, once per id: the fold lets in no second copy, which goes into duplicates_v1.
-- The version ranks rows of one event by the epoch of its org: a change of the org's settings begins a new one, see
-- move_events. Today's rows of all orgs lie together.
CREATE TABLE IF NOT EXISTS events_v1_local ON CLUSTER 'company'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version, deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (day, org, kind, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS events_v1 ON CLUSTER 'company' AS events_v1_local
ENGINE = Distributed('company', 'milemarker', 'events_v1_local', xxHash64(org));

-- What corrections say of themselves; empty for every event folded before there were any.
ALTER TABLE events_v1_local ON CLUSTER 'company'
    ADD COLUMN IF NOT EXISTS recorded_by LowCardinality(String) COMMENT 'id of the API key, of corrections' AFTER digest,
    ADD COLUMN IF NOT EXISTS amends String COMMENT 'id of the event in whose place this one stands' AFTER recorded_by;

-- What corrections say of themselves; empty for every event folded before there were any.
ALTER TABLE events_v1 ON CLUSTER 'company'
    ADD COLUMN IF NOT EXISTS recorded_by LowCardinality(String) COMMENT 'id of the API key, of corrections' AFTER digest,
    ADD COLUMN IF NOT EXISTS amends String COMMENT 'id of the event in whose place this one stands' AFTER recorded_by;

-- Who may write what depends on more than one event: of each partition, whoever holds the highest term. A projector claims
-- its partitions before it folds; see ADR 8. Terms only rise, so a claim that comes late takes nothing back.
CREATE TABLE IF NOT EXISTS claims_v1 ON CLUSTER 'company'
(
    partition UInt8,
    term      UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}', '{shard}-{replica}', term)
ORDER BY partition
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The door of events_v1: rows go in here with the claim of whoever writes them, and nothing is stored here.
CREATE TABLE IF NOT EXISTS arrivals_v1_local ON CLUSTER 'company'
(
    org           LowCardinality(String),
    id            String,
    position      UInt64,
    type          LowCardinality(String),
    kind          LowCardinality(String),
    day           Date,
    time          DateTime64(6, 'UTC'),
    recorded_at   DateTime64(6, 'UTC'),
    time_inferred Bool,
    rep           LowCardinality(String),
    team          LowCardinality(String),
    told_team     LowCardinality(String),
    prospect      String,
    aliases       Array(String),
    outcome       LowCardinality(String),
    source        LowCardinality(String),
    campaign      LowCardinality(String),
    product       LowCardinality(String),
    currency      LowCardinality(String),
    amount        Decimal(18, 4),
    annual        Decimal(18, 4),
    seconds       Int64,
    offered       UInt8,
    taken         UInt8,
    told_by       String,
    data_version  UInt16,
    data          String,
    sealed        String,
    digest        String,
    recorded_by   LowCardinality(String),
    amends        String,
    version       UInt64,
    partition     UInt8 COMMENT 'of the org, in the ledger',
    term          UInt64 COMMENT 'of the claim'
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS arrivals_v1 ON CLUSTER 'company' AS arrivals_v1_local
ENGINE = Distributed('company', 'milemarker', 'arrivals_v1_local', xxHash64(org));

-- What stands behind the door: a row is let in while the newest claim of its org's partition is the one that it came with.
-- (A set, and not a scalar subquery: it is read anew by every insert, streamed ones included.)
CREATE MATERIALIZED VIEW IF NOT EXISTS admissions_v1 ON CLUSTER 'company' TO events_v1_local AS
SELECT
    org, id, position, type, kind, day, time, recorded_at, time_inferred, rep, team, told_team, prospect, aliases,
    outcome, source, campaign, product, currency, amount, annual, seconds, offered, taken, told_by, data_version,
    data, sealed, digest, recorded_by, amends, version
FROM arrivals_v1_local
WHERE throwIf((partition, term) NOT IN (SELECT partition, max(term) FROM claims_v1 GROUP BY partition),
    'claimed by another projector') = 0;

-- Events whose id stood in the ledger already when they came: kept whole, to be looked at, and part of no other table.
CREATE TABLE IF NOT EXISTS duplicates_v1_local ON CLUSTER 'company'
(
    org      LowCardinality(String),
    id       String,
    position UInt64,
    first    UInt64                 COMMENT 'position of the copy that counts',
    verdict  LowCardinality(String) COMMENT 'duplicate: the same content; conflict: other content',
    body     String                 COMMENT 'the event, in its wire form',
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}')
ORDER BY (org, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS duplicates_v1 ON CLUSTER 'company' AS duplicates_v1_local
ENGINE = Distributed('company', 'milemarker', 'duplicates_v1_local', xxHash64(org));

-- Which ids were taken back, by which event: of several the first. Joined away wherever events are summed, so order does
-- not matter. A void is final: one that names another event.voided has no effect, and whoever joins leaves that type be.
CREATE TABLE IF NOT EXISTS voids_v1_local ON CLUSTER 'company'
(
    org      LowCardinality(String),
    target   String COMMENT 'id of the event that is void',
    id       String COMMENT 'id of the event.voided that says so',
    position UInt64,
    version  UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, target)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS voids_v1 ON CLUSTER 'company' AS voids_v1_local
ENGINE = Distributed('company', 'milemarker', 'voids_v1_local', xxHash64(org));

-- Sums by org, grain and bucket: one row per bucket and set of dimensions, so a year is one bucket and not 365.
-- A row whose count is 0 says that nothing stands there any more.
CREATE TABLE IF NOT EXISTS rollups_v1_local ON CLUSTER 'company'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, grain, bucket, type, outcome, rep, team, source, campaign, product, currency)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS rollups_v1 ON CLUSTER 'company' AS rollups_v1_local
ENGINE = Distributed('company', 'milemarker', 'rollups_v1_local', xxHash64(org));

-- Every event that brought a prospect to a stage, in the order of the person.
CREATE TABLE IF NOT EXISTS journey_steps_v1_local ON CLUSTER 'company'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, prospect, stage, time, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS journey_steps_v1 ON CLUSTER 'company' AS journey_steps_v1_local
ENGINE = Distributed('company', 'milemarker', 'journey_steps_v1_local', xxHash64(org));

-- What events say about which prospect ids are one person: a pair of ids an event, in both directions. "seen": an event
-- carried both; "linked", "unlinked": somebody said so; "shared": the id belongs to nobody alone, "erased": it was erased (then both are the same).
CREATE TABLE IF NOT EXISTS links_v1_local ON CLUSTER 'company'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, a, b, kind, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS links_v1 ON CLUSTER 'company' AS links_v1_local
ENGINE = Distributed('company', 'milemarker', 'links_v1_local', xxHash64(org));

-- Whom a prospect id stands for, of the ids that any link names. An id that is not here stands for itself.
CREATE TABLE IF NOT EXISTS persons_v1_local ON CLUSTER 'company'
(
    org      LowCardinality(String),
    prospect String,
    person   String COMMENT 'the least of the ids of the same person',
    apart    UInt8  COMMENT '0 = no; it joins nobody: 1 = it stands beside too many others, 2 = somebody said that it is shared',
    version  UInt64,
    INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, prospect)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS persons_v1 ON CLUSTER 'company' AS persons_v1_local
ENGINE = Distributed('company', 'milemarker', 'persons_v1_local', xxHash64(org));

-- One row per person and stage: when it was first reached, and by which event that still stands. The prospect is the
-- person's leading id.
CREATE VIEW IF NOT EXISTS journeys_v1 ON CLUSTER 'company' AS
SELECT
    org,
    whose                          AS prospect,
    stage,
    min(time)                      AS reached_at,
    argMin(id, (time, id))         AS event_id,
    argMin(rep, (time, id))        AS rep,
    argMin(source, (time, id))     AS source
FROM
(
    SELECT
        s.org AS org, if(p.person = '', s.prospect, p.person) AS whose, s.stage AS stage, s.time AS time, s.id AS id,
        s.rep AS rep, s.source AS source
    FROM
    (
        SELECT org, prospect, stage, time, id, rep, source FROM journey_steps_v1 FINAL
        WHERE (org, id) NOT IN (SELECT org, target FROM voids_v1)
    ) AS s
    LEFT JOIN (SELECT org, prospect, person FROM persons_v1 FINAL) AS p ON s.org = p.org AND s.prospect = p.prospect
)
GROUP BY org, whose, stage;

-- What an org declares about itself rather than does: settings, goals, plans, reviews. Few rows, read whole.
CREATE TABLE IF NOT EXISTS declarations_v1_local ON CLUSTER 'company'
(
    org      LowCardinality(String),
    type     LowCardinality(String),
    position UInt64,
    id       String,
    body     String COMMENT 'the event, in its wire form',
    version  UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}', version)
ORDER BY (org, type, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS declarations_v1 ON CLUSTER 'company' AS declarations_v1_local
ENGINE = Distributed('company', 'milemarker', 'declarations_v1_local', xxHash64(org));

-- The changes of settings after which an org's events were moved to other days or teams: their number is the org's epoch.
CREATE TABLE IF NOT EXISTS epochs_v1_local ON CLUSTER 'company'
(
    org      LowCardinality(String),
    position UInt64 COMMENT 'of the event that caused the change'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}/{shard}', '{replica}')
ORDER BY (org, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS epochs_v1 ON CLUSTER 'company' AS epochs_v1_local
ENGINE = Distributed('company', 'milemarker', 'epochs_v1_local', xxHash64(org));

-- How far the folds of this database reach, by partition of the ledger. Written last in every flush.
CREATE TABLE IF NOT EXISTS checkpoints_v1 ON CLUSTER 'company'
(
    partition UInt8,
    position  UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}', '{shard}-{replica}', position)
ORDER BY partition
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Ledger messages that could not be read: kept whole, seen, and never in the way.
CREATE TABLE IF NOT EXISTS quarantine_v1 ON CLUSTER 'company'
(
    position UInt64,
    subject  String,
    reason   String,
    body     String
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}', '{shard}-{replica}')
ORDER BY position
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

