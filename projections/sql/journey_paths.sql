-- One row per person of an org: when each stage was first reached and by whom, by events that stand.
SELECT
    prospect,
    mapFromArrays(groupArray(toString(stage)), groupArray(toUnixTimestamp64Micro(reached_at))) AS at,
    mapFromArrays(groupArray(toString(stage)), groupArray(toString(rep)))                      AS who,
    min(reached_at)                                                                             AS met_at,
    argMin(toString(rep), (reached_at, stage))                                                  AS met_by
FROM journeys_v1
WHERE org = {org:String}
GROUP BY prospect
