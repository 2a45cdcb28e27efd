-- One row per person of an org: when each stage was first reached and by whom, by events that stand. The steps of a
-- person are sorted rather than grouped by stage: that is three times as fast.
SELECT
    prospect,
    mapFromArrays(arrayMap(s -> s.1, firsts), arrayMap(s -> s.2, firsts)) AS at,
    mapFromArrays(arrayMap(s -> s.1, firsts), arrayMap(s -> s.4, firsts)) AS who,
    arraySort(s -> (s.2, s.1), firsts)[1]                                 AS met,
    fromUnixTimestamp64Micro(met.2, 'UTC')                                AS met_at,
    met.4                                                                 AS met_by
FROM
(
    SELECT
        prospect,
        arraySort(groupArray((toString(stage), toUnixTimestamp64Micro(time), id, toString(rep)))) AS steps,
        arrayFilter((s, i) -> i = 1 OR steps[i - 1].1 != s.1, steps, arrayEnumerate(steps))       AS firsts
    FROM
    (
        SELECT if(p.person = '', s.prospect, p.person) AS prospect, s.stage AS stage, s.time AS time, s.id AS id, s.rep AS rep
        FROM
        (
            SELECT prospect, stage, time, id, rep FROM journey_steps_v1 FINAL
            WHERE org = {org:String} AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})
        ) AS s
        LEFT JOIN (SELECT prospect, person FROM persons_v1 FINAL WHERE org = {org:String}) AS p ON s.prospect = p.prospect
    )
    GROUP BY prospect
)
