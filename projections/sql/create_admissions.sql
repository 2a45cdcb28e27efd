-- What stands behind the door: a row is let in while the newest claim of its org's partition is the one that it came with.
-- (A set, and not a scalar subquery: it is read anew by every insert, streamed ones included.)
CREATE MATERIALIZED VIEW IF NOT EXISTS admissions_v1 TO events_v1 AS
SELECT
    org, id, position, type, kind, day, time, recorded_at, time_inferred, rep, team, told_team, prospect, aliases,
    outcome, source, campaign, product, currency, amount, annual, seconds, offered, taken, told_by, data_version,
    data, sealed, digest, recorded_by, amends, version
FROM arrivals_v1
WHERE throwIf((partition, term) NOT IN (SELECT partition, max(term) FROM claims_v1 GROUP BY partition),
    'claimed by another projector') = 0
