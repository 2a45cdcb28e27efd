-- Recompute buckets of coarser grains from the grain that they are made of: the bucket part_buckets[i] of part_orgs[i]
-- belongs to the bucket part_of[i] of the grain part_grains[i]. The keys that stand already come along with zeros, as in
-- rollup_days.
INSERT INTO rollups_v1
    (org, grain, bucket, type, outcome, rep, team, source, campaign, product, currency,
     count, amount, annual, seconds, offered, taken, version)
SELECT
    org, whole, parent, type, outcome, rep, team, source, campaign, product, currency,
    sum(count), sum(amount), sum(annual), sum(seconds), sum(offered), sum(taken), {version:UInt64}
FROM
(
    SELECT
        r.org AS org, p.3 AS whole, p.4 AS parent, r.type AS type, r.outcome AS outcome, r.rep AS rep, r.team AS team,
        r.source AS source, r.campaign AS campaign, r.product AS product, r.currency AS currency,
        r.count AS count, r.amount AS amount, r.annual AS annual, r.seconds AS seconds,
        r.offered AS offered, r.taken AS taken
    FROM
    (
        SELECT * FROM rollups_v1 FINAL
        WHERE grain = {part:String}
          AND (org, bucket) IN
              (SELECT arrayJoin(arrayZip({part_orgs:Array(String)}, {part_buckets:Array(Date)})))
    ) AS r
    INNER JOIN
    (
        SELECT arrayJoin(arrayZip({part_orgs:Array(String)}, {part_buckets:Array(Date)},
                                  {part_grains:Array(String)}, {part_of:Array(Date)})) AS p
    ) AS parts ON r.org = p.1 AND r.bucket = p.2
    UNION ALL
    SELECT
        org, grain, bucket, type, outcome, rep, team, source, campaign, product, currency,
        0, toDecimal128(0, 4), toDecimal128(0, 4), 0, 0, 0
    FROM rollups_v1
    WHERE (org, grain, bucket) IN
          (SELECT arrayJoin(arrayZip({orgs:Array(String)}, {grains:Array(String)}, {buckets:Array(Date)})))
)
WHERE throwIf((SELECT max(term) FROM claims_v1 WHERE partition IN {claimed:Array(Int64)}) != {term:UInt64},
    'claimed by another projector') = 0
GROUP BY org, whole, parent, type, outcome, rep, team, source, campaign, product, currency
