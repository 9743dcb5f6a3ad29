-- Rows that come out of quarantine, dividends that a source's factors tell of, and states that must not be.

CREATE TABLE bar_releases (
    quarantine_id bigint PRIMARY KEY REFERENCES bar_quarantine,
    why           text NOT NULL CHECK (btrim(why) <> ''),
    changed       text CHECK (changed <> ''),
    replaced      boolean NOT NULL,
    released_at   timestamptz NOT NULL
);
COMMENT ON TABLE bar_releases IS 'Rows of bar_quarantine that were stored after all, each once at most. Writer: ingestion.';
COMMENT ON COLUMN bar_releases.why IS 'What the person who released it said.';
COMMENT ON COLUMN bar_releases.changed IS 'What differs between the row as it came and as it was stored, in words.';
COMMENT ON COLUMN bar_releases.replaced IS 'Another bar was on record; it is in bar_corrections now.';

-- A foreign key asks once a row, which halves the speed of loading a hundred thousand; this asks once a load, and the
-- other half of a foreign key is that neither end can change: rows are kept as they came, imports are never deleted.
ALTER TABLE bar_quarantine DROP CONSTRAINT bar_quarantine_import_id_fkey;
CREATE FUNCTION quarantine_has_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT import_id FROM new_rows) AS n
               WHERE NOT EXISTS (SELECT FROM bar_imports AS i WHERE i.import_id = n.import_id FOR KEY SHARE)) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a row in quarantine belongs to no import';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER quarantine_has_import AFTER INSERT ON bar_quarantine
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION quarantine_has_import();
CREATE TRIGGER quarantine_stays AFTER UPDATE ON bar_quarantine FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER imports_stay AFTER DELETE ON bar_imports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER imports_keep_their_number AFTER UPDATE OF import_id ON bar_imports
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE INDEX bar_quarantine_by_import ON bar_quarantine (import_id);
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
