-- After an org's settings changed: write all its events again, in the new epoch, on the day and with the team that the
-- settings now say. offsets[i] seconds east of UTC hold from the Unix second starts[i] on.
INSERT INTO events_v1
SELECT * EXCEPT (new_day, new_team, new_version) REPLACE (new_day AS day, new_team AS team, new_version AS version)
FROM
(
    SELECT
        *,
        toDate(toDateTime(
            toUnixTimestamp64Second(time) + arrayElement({offsets:Array(Int64)},
                toUInt32(arrayLastIndex(s -> s <= toUnixTimestamp64Second(time), {starts:Array(Int64)}))),
            'UTC'), 'UTC') AS new_day,
        if(told_team != '', toString(told_team),
            transform(toString(rep), {reps:Array(String)}, {teams:Array(String)}, '')) AS new_team,
        bitOr({epoch:UInt64}, bitAnd(version, {order:UInt64})) AS new_version
    FROM events_v1 FINAL
    WHERE org = {org:String}
)
WHERE throwIf((SELECT max(term) FROM claims_v1 WHERE partition IN {claimed:Array(Int64)}) != {term:UInt64},
    'claimed by another projector') = 0
