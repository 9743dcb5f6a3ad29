-- Tiers of bars that move, how full the disk is, and the backups made.

CREATE TABLE bar_file_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paths     text[] NOT NULL CHECK (cardinality(paths) > 0),
    begun_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE bar_file_changes IS
    'Moves and merges of files that are under way; of a row that is left over, files outside the manifest are strays. Writer: storage.';

CREATE TABLE storage_measurements (
    day            date PRIMARY KEY,
    used_bytes     bigint NOT NULL CHECK (used_bytes >= 0),
    capacity_bytes bigint NOT NULL CHECK (capacity_bytes > 0),
    bars_bytes     bigint NOT NULL CHECK (bars_bytes >= 0),
    database_bytes bigint NOT NULL CHECK (database_bytes >= 0),
    CHECK (used_bytes <= capacity_bytes)
);
COMMENT ON TABLE storage_measurements IS 'How full the disk of the data folder was, the last word of each day. Writer: storage.';

CREATE TABLE storage_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('archive', 'backup')),
    at       timestamptz NOT NULL,
    ok       boolean NOT NULL,
    detail   text NOT NULL CHECK (detail <> '')
);
CREATE INDEX storage_events_latest ON storage_events (kind, at DESC);
COMMENT ON TABLE storage_events IS 'Passes over the tiers and backups, with what became of them. Writer: storage.';
