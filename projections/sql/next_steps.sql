-- People for whom a rep has a next step to take: the last thing that happened calls for it, and nothing came after. The
-- prospect is the person's leading id.
SELECT prospect, step, toUnixTimestamp64Micro(since), event
FROM
(
    SELECT
        prospect,
        maxIf(time, stage IN ('signup', 'declined', 'disqualified', 'cancelled')) AS ended,
        maxIf(time, stage = 'proposal')                                           AS proposed,
        maxIf(time, stage = 'no_show')                                            AS missed,
        maxIf(time, stage = 'lead')                                               AS came,
        maxIf(time, stage IN ('attempt', 'conversation'))                         AS called,
        maxIf(time, stage IN ('appointment', 'held'))                             AS met,
        multiIf(
            proposed > ended AND proposed >= missed AND proposed > called AND proposed > met, 'follow_up',
            missed > ended AND missed > met AND missed > proposed, 'rebook',
            came > ended AND called < came AND met < came AND proposed < came, 'first_call', '') AS step,
        multiIf(step = 'follow_up', proposed, step = 'rebook', missed, came)      AS since,
        multiIf(step = 'follow_up', argMaxIf(id, time, stage = 'proposal'),
                step = 'rebook', argMaxIf(id, time, stage = 'no_show'),
                argMaxIf(id, time, stage = 'lead'))                               AS event,
        multiIf(step = 'follow_up', argMaxIf(rep, time, stage = 'proposal'),
                step = 'rebook', argMaxIf(rep, time, stage = 'no_show'),
                argMaxIf(rep, time, stage = 'lead'))                              AS whose
    FROM
    (
        SELECT if(p.person = '', s.prospect, p.person) AS prospect, s.stage AS stage, s.time AS time, s.id AS id, s.rep AS rep
        FROM
        (
            SELECT org, prospect, stage, time, id, rep FROM journey_steps_v1 FINAL
            WHERE org = {org:String} AND time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
              AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC') -- what happened before comes after nothing that counts
              AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})
              AND prospect NOT IN (SELECT a FROM links_v1 WHERE org = {org:String} AND kind = 'erased')
        ) AS s
        LEFT JOIN (SELECT prospect, person FROM persons_v1 FINAL WHERE org = {org:String}) AS p ON s.prospect = p.prospect
    )
    GROUP BY prospect
    HAVING countIf(rep = {rep:String} AND stage IN ('proposal', 'no_show', 'lead')
        AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')) > 0
)
WHERE step != '' AND whose = {rep:String}
  AND since >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND (step != 'follow_up' OR since < fromUnixTimestamp64Micro({quiet:Int64}, 'UTC'))
ORDER BY since, prospect
LIMIT {limit:UInt64} BY step
