-- One row per prospect and stage: when it was first reached, and by which event that still stands.
CREATE VIEW IF NOT EXISTS journeys_v1 AS
SELECT
    org,
    prospect,
    stage,
    min(time)                      AS reached_at,
    argMin(id, (time, id))         AS event_id,
    argMin(rep, (time, id))        AS rep,
    argMin(source, (time, id))     AS source
FROM journey_steps_v1 FINAL
WHERE (org, id) NOT IN (SELECT org, target FROM voids_v1)
GROUP BY org, prospect, stage
