-- Rows that come out of quarantine, dividends that a source's factors tell of, and states that must not be.

CREATE TABLE bar_releases (
    quarantine_id bigint PRIMARY KEY REFERENCES bar_quarantine,
    import_id     bigint NOT NULL REFERENCES bar_imports,
    why           text NOT NULL CHECK (btrim(why) <> ''),
    changed       text CHECK (changed <> ''),
    replaced      boolean NOT NULL,
    released_at   timestamptz NOT NULL
);
CREATE INDEX bar_releases_by_import ON bar_releases (import_id);
COMMENT ON TABLE bar_releases IS 'Rows of bar_quarantine that were stored after all, each once at most. Writer: ingestion.';
COMMENT ON COLUMN bar_releases.why IS 'What the person who released it said.';
COMMENT ON COLUMN bar_releases.changed IS 'What differs between the row as it came and as it was stored, in words.';
COMMENT ON COLUMN bar_releases.replaced IS 'Another bar was on record; it is in bar_corrections now.';

ALTER TABLE bar_quarantine ADD CONSTRAINT bar_quarantine_of_import UNIQUE (quarantine_id, import_id);
ALTER TABLE bar_releases
    ADD FOREIGN KEY (quarantine_id, import_id) REFERENCES bar_quarantine (quarantine_id, import_id);
CREATE INDEX bar_quarantine_by_import ON bar_quarantine (import_id, gate);
CREATE INDEX bar_quarantine_by_symbol ON bar_quarantine (symbol, session);
CREATE INDEX bar_findings_by_symbol ON bar_findings (symbol, session);

ALTER TABLE bar_imports
    ADD COLUMN rows_released bigint NOT NULL DEFAULT 0 CHECK (rows_released BETWEEN 0 AND rows_stored),
    ADD CHECK (jsonb_typeof(corrections) = 'array');
COMMENT ON COLUMN bar_imports.rows_quarantined IS 'In quarantine now: without those released.';
COMMENT ON COLUMN bar_imports.rows_released IS 'Of the stored rows, those that were in quarantine before.';

CREATE TABLE dividends (
    symbol     text NOT NULL CHECK (symbol <> ''),
    session    date NOT NULL,
    factor     double precision NOT NULL CHECK (factor > 0 AND factor < 'Infinity' AND factor <> 1),
    amount_usd double precision CHECK (amount_usd > 0 AND amount_usd < 'Infinity'),
    import_id  bigint REFERENCES bar_imports,
    PRIMARY KEY (symbol, session)
);
COMMENT ON TABLE dividends IS
    'What left the price at the open of session without being a split: cash, or shares of a spin-off. Writer: ingestion.';
COMMENT ON COLUMN dividends.factor IS 'Prices before session times this can be compared with those from it on.';
COMMENT ON COLUMN dividends.amount_usd IS 'A share; unknown where the close before is.';

-- What is written by one place can still be written wrongly: the database refuses what can't be true.
ALTER TABLE bar_files
    ADD CHECK (path NOT LIKE '%..%'),
    ADD CHECK (cardinality(sessions) <= rows),
    ADD CHECK (timeframe <> '1m' OR first_session = last_session OR cardinality(sessions) > 1);
ALTER TABLE bar_quarantine ADD CHECK (timeframe <> '1d' OR starts_at IS NULL);
ALTER TABLE bar_corrections
    ADD CHECK (least(open, high, low, close) > 0 AND greatest(open, high, low, close) < 'Infinity'),
    ADD CHECK (high >= greatest(open, close) AND low <= least(open, close)),
    ADD CHECK (volume >= 0);
