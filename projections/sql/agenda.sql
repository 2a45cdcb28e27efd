-- Appointments of a rep that begin within a span, as they were last agreed, and were not called off by then.
SELECT appointment, prospect, begins, event
FROM
(
    SELECT
        JSONExtractString(data, 'appointment')                                    AS appointment,
        argMax(prospect, (time, position))                                        AS prospect,
        argMaxIf(id, (time, position), agreed)                                    AS event,
        argMaxIf(rep, (time, position), agreed)                                   AS whose,
        toUnixTimestamp64Micro(parseDateTime64BestEffortOrZero(
            argMaxIf(JSONExtractString(data, 'starts_at'), (time, position), agreed), 6, 'UTC')) AS begins,
        countIf(type = 'appointment.cancelled')                                   AS cancelled,
        maxIf(time, type = 'appointment.cancelled')                               AS cancelled_at,
        maxIf(time, agreed)                                                       AS agreed_at
    FROM (SELECT *, type IN ('appointment.scheduled', 'appointment.rescheduled') AS agreed FROM events_v1 FINAL
          WHERE org = {org:String} AND kind = 'appointment' AND day >= {since:Date}
            AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String}))
    GROUP BY appointment
)
WHERE whose = {rep:String} AND begins >= {from:Int64} AND begins < {until:Int64}
  AND (cancelled = 0 OR cancelled_at < agreed_at)
ORDER BY begins, appointment
