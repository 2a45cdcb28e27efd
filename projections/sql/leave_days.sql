-- The second half of move_events, and never before it: mark the rows that stand on a day which is no longer theirs.
INSERT INTO events_v1
SELECT * EXCEPT (new_day, new_version) REPLACE (new_version AS version, 1 AS deleted)
FROM
(
    SELECT
        *,
        toDate(toDateTime(
            toUnixTimestamp64Second(time) + arrayElement({offsets:Array(Int64)},
                toUInt32(arrayLastIndex(s -> s <= toUnixTimestamp64Second(time), {starts:Array(Int64)}))),
            'UTC'), 'UTC') AS new_day,
        bitOr({epoch:UInt64}, bitAnd(version, {order:UInt64})) AS new_version
    FROM events_v1 FINAL
    WHERE org = {org:String}
)
WHERE new_day != day
  AND throwIf((SELECT max(term) FROM claims_v1 WHERE partition IN {claimed:Array(Int64)}) != {term:UInt64},
    'claimed by another projector') = 0
