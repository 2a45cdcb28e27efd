-- Recompute the day buckets of the given (day, org) pairs from the events that stand. The keys that stand already come
-- along with zeros, so that a bucket which lost its last event becomes zero instead of stale.
INSERT INTO rollups_v1
    (org, grain, bucket, type, outcome, rep, team, source, campaign, product, currency,
     count, amount, annual, seconds, offered, taken, version)
SELECT
    org, 'day', bucket, type, outcome, rep, team, source, campaign, product, currency,
    sum(n), sum(amount), sum(annual), sum(seconds), sum(offered), sum(taken), {version:UInt64}
FROM
(
    SELECT
        org, day AS bucket, type, outcome, rep, team, source, campaign, product, currency,
        toUInt64(1) AS n, toDecimal128(amount, 4) AS amount, toDecimal128(annual, 4) AS annual, seconds,
        toUInt64(offered) AS offered, toUInt64(taken) AS taken
    FROM events_v1 FINAL
    WHERE (day, org) IN (SELECT arrayJoin(arrayZip({days:Array(Date)}, {orgs:Array(String)})))
      AND (type = 'event.voided' OR (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org IN {orgs:Array(String)}))
    UNION ALL
    SELECT
        org, bucket, type, outcome, rep, team, source, campaign, product, currency,
        0, toDecimal128(0, 4), toDecimal128(0, 4), 0, 0, 0
    FROM rollups_v1
    WHERE grain = 'day'
      AND (org, bucket) IN (SELECT arrayJoin(arrayZip({orgs:Array(String)}, {days:Array(Date)})))
)
WHERE throwIf((SELECT max(term) FROM claims_v1 WHERE partition IN {claimed:Array(Int64)}) != {term:UInt64},
    'claimed by another projector') = 0
GROUP BY org, bucket, type, outcome, rep, team, source, campaign, product, currency
