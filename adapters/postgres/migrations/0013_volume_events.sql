-- Volumes that the storage service bought, or tried to, are events like its other work.

ALTER TABLE storage_events DROP CONSTRAINT storage_events_kind_check;
ALTER TABLE storage_events ADD CONSTRAINT storage_events_kind_check CHECK (kind IN ('archive', 'backup', 'volume'));
