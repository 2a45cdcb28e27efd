-- One row per person and stage: when it was first reached, and by which event that still stands. The prospect is the
-- person's leading id.
CREATE VIEW IF NOT EXISTS journeys_v1 AS
SELECT
    org,
    whose                          AS prospect,
    stage,
    min(time)                      AS reached_at,
    argMin(id, (time, id))         AS event_id,
    argMin(rep, (time, id))        AS rep,
    argMin(source, (time, id))     AS source
FROM
(
    SELECT
        s.org AS org, if(p.person = '', s.prospect, p.person) AS whose, s.stage AS stage, s.time AS time, s.id AS id,
        s.rep AS rep, s.source AS source
    FROM
    (
        SELECT org, prospect, stage, time, id, rep, source FROM journey_steps_v1 FINAL
        WHERE (org, id) NOT IN (SELECT org, target FROM voids_v1)
    ) AS s
    LEFT JOIN (SELECT org, prospect, person FROM persons_v1 FINAL) AS p ON s.org = p.org AND s.prospect = p.prospect
)
GROUP BY org, whose, stage
