-- What was tried on which sessions, and which spans nobody may learn from: one chain (trading/trials/chain.py).
CREATE TABLE trial_ledger (
    seq       bigint PRIMARY KEY CHECK (seq > 0),
    kind      text NOT NULL CHECK (kind IN ('training', 'search', 'backtest', 'seal', 'bar', 'look', 'verdict')),
    body      text NOT NULL,
    series    bytea NOT NULL,
    prev_hash text NOT NULL CHECK (prev_hash ~ '^[0-9a-f]{64}$'),
    hash      text NOT NULL UNIQUE,
    CONSTRAINT hash_is_of_this_body CHECK (hash = encode(sha256(convert_to(prev_hash || body, 'UTF8')), 'hex')),
    CONSTRAINT body_is_of_this_row CHECK (
        (body::jsonb ->> 'seq')::bigint = seq AND body::jsonb ->> 'kind' = kind
        AND body::jsonb ->> 'series_sha256' = encode(sha256(series), 'hex')
    )
);
COMMENT ON TABLE trial_ledger IS
    'Append-only, each entry bound to the one before; losing trials stay. Writer: the ledger of trials.';
COMMENT ON COLUMN trial_ledger.series IS
    'Of a trial: its sessions as int32 days since 1970, then its return in each as float64, all little-endian.';

CREATE FUNCTION trial_ledger_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq  bigint;
    last_hash text;
BEGIN
    SELECT seq, hash INTO last_seq, last_hash FROM trial_ledger ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.prev_hash <> coalesce(last_hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'entry % of the trial ledger does not continue entry %', NEW.seq, coalesce(last_seq, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trial_ledger_continues BEFORE INSERT ON trial_ledger
    FOR EACH ROW EXECUTE FUNCTION trial_ledger_continues();
CREATE TRIGGER trial_ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trial_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
