-- Bars of more than one length, from more than one import; imports that go on after a stop; corrections as new versions.

ALTER TABLE bar_files
    ADD COLUMN file_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN timeframe text NOT NULL DEFAULT '1d' CHECK (timeframe IN ('1d', '1m')),
    ADD COLUMN sessions date[] CHECK (sessions[1] = first_session AND sessions[cardinality(sessions)] = last_session),
    DROP CONSTRAINT bar_files_first_session_last_session_key;
UPDATE bar_files SET sessions = ARRAY[first_session] WHERE first_session = last_session;
ALTER TABLE bar_files ALTER COLUMN sessions SET NOT NULL, ALTER COLUMN timeframe DROP DEFAULT;
CREATE INDEX bar_files_by_session ON bar_files (timeframe, last_session, first_session);
COMMENT ON COLUMN bar_files.file_id IS 'Where two files have the same bar, the one with the higher number is right.';

ALTER TABLE bar_imports
    ADD COLUMN timeframe text NOT NULL DEFAULT '1d' CHECK (timeframe IN ('1d', '1m')),
    ADD COLUMN state text NOT NULL DEFAULT 'complete' CHECK (state IN ('running', 'complete')),
    ADD COLUMN rows_duplicate bigint NOT NULL DEFAULT 0 CHECK (rows_duplicate >= 0),
    ADD COLUMN rows_corrected bigint NOT NULL DEFAULT 0 CHECK (rows_corrected BETWEEN 0 AND rows_stored),
    ADD COLUMN files_refused jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(files_refused) = 'array'),
    DROP CONSTRAINT no_row_is_lost,
    ADD CONSTRAINT no_row_is_lost CHECK (rows_in = rows_stored + rows_quarantined + rows_duplicate);
ALTER TABLE bar_imports ALTER COLUMN timeframe DROP DEFAULT, ALTER COLUMN state DROP DEFAULT;
COMMENT ON COLUMN bar_imports.rows_corrected IS 'Of the stored rows, those that replaced a bar with other values.';

CREATE TABLE bar_import_parts (
    import_id bigint NOT NULL REFERENCES bar_imports,
    part      text NOT NULL CHECK (part <> ''),
    PRIMARY KEY (import_id, part)
);
COMMENT ON TABLE bar_import_parts IS 'What of an import is on record; it goes on with the others. Writer: ingestion.';

ALTER TABLE bar_quarantine
    ADD COLUMN timeframe text NOT NULL DEFAULT '1d' CHECK (timeframe IN ('1d', '1m')),
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN raw text CHECK (raw <> '');
ALTER TABLE bar_quarantine ALTER COLUMN timeframe DROP DEFAULT;
COMMENT ON COLUMN bar_quarantine.raw IS 'The row as text, where it could not be read as a bar.';

CREATE TABLE bar_corrections (
    import_id bigint NOT NULL REFERENCES bar_imports,
    timeframe text NOT NULL CHECK (timeframe IN ('1d', '1m')),
    symbol    text NOT NULL CHECK (symbol <> ''),
    session   date NOT NULL,
    starts_at timestamptz,
    open      double precision NOT NULL,
    high      double precision NOT NULL,
    low       double precision NOT NULL,
    close     double precision NOT NULL,
    volume    bigint NOT NULL,
    CHECK ((timeframe = '1d') = (starts_at IS NULL))
);
CREATE INDEX bar_corrections_by_symbol ON bar_corrections (symbol, session);
COMMENT ON TABLE bar_corrections IS 'Bars as they were before the import replaced them. Writer: ingestion.';
