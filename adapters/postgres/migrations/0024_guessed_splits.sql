-- What bars alone suggest is a guess until a source or a person says what it was.
ALTER TABLE splits ADD COLUMN guessed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN splits.guessed IS 'By price and dollar volume alone. Splits of earlier versions don''t say.';

ALTER TABLE bar_breaks ADD COLUMN explained boolean NOT NULL DEFAULT false;
UPDATE bar_breaks SET explained = true WHERE reason LIKE 'a distribution:%';
COMMENT ON COLUMN bar_breaks.explained IS 'The source says what was distributed: a position is worth its last close before.';

CREATE TABLE split_rulings (
    ruling_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol      text NOT NULL CHECK (symbol <> ''),
    session     date NOT NULL,
    numerator   integer CHECK (numerator > 0),
    denominator integer CHECK (denominator > 0),
    ruled_at    timestamptz NOT NULL,
    CHECK ((numerator IS NULL) = (denominator IS NULL)),
    CHECK (numerator <> denominator)
);
CREATE INDEX split_rulings_latest ON split_rulings (symbol, session, ruling_id);
COMMENT ON TABLE split_rulings IS
'What a person said a jump was: a split of that ratio, or none where it is null. The latest of a symbol and session outranks splits and bar_breaks. Writer: ingestion.';
