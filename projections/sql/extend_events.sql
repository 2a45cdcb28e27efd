-- What corrections say of themselves; empty for every event folded before there were any.
ALTER TABLE events_v1
    ADD COLUMN IF NOT EXISTS recorded_by LowCardinality(String) COMMENT 'id of the API key, of corrections' AFTER digest,
    ADD COLUMN IF NOT EXISTS amends String COMMENT 'id of the event in whose place this one stands' AFTER recorded_by
