-- When a day of a calendar came in: what came after a session was traded explains why it comes out otherwise again.

ALTER TABLE catalysts ADD COLUMN recorded_at timestamptz;
COMMENT ON COLUMN catalysts.recorded_at IS 'Of a calendar; NULL where it was recorded before this was kept. Stories have that of their import.';
