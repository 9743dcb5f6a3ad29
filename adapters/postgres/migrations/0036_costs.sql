-- What running the platform costs, as its owner enters it; machines have starts and stops of their own.
CREATE TABLE costs (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL
        CHECK (kind IN ('machines', 'volume', 'database', 'news', 'data', 'gpu', 'hours', 'other')),
    first_day     date NOT NULL,
    last_day      date NOT NULL CHECK (last_day >= first_day),
    amount_usd_e6 bigint NOT NULL CHECK (amount_usd_e6 <> 0),
    note          text NOT NULL,
    hours_e3      bigint CHECK (hours_e3 > 0),
    counters      bigint UNIQUE REFERENCES costs,
    entered_at    timestamptz NOT NULL,
    CHECK ((amount_usd_e6 < 0) = (counters IS NOT NULL)),
    CHECK (counters < number),
    CHECK (hours_e3 IS NULL OR kind = 'hours')
);
COMMENT ON TABLE costs IS 'In millionths of a dollar, each day of the period bears the same. Writer: inplay costs.';
COMMENT ON COLUMN costs.counters IS 'The entry that this one takes back, by the same amount below zero.';

CREATE FUNCTION counter_takes_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken costs%ROWTYPE;
BEGIN
    SELECT * INTO taken FROM costs WHERE number = NEW.counters;
    IF (taken.kind, taken.first_day, taken.last_day, -taken.amount_usd_e6)
        IS DISTINCT FROM (NEW.kind, NEW.first_day, NEW.last_day, NEW.amount_usd_e6) THEN
        RAISE EXCEPTION 'entry % does not take back entry %', NEW.number, NEW.counters
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counter_takes_back BEFORE INSERT ON costs FOR EACH ROW
    WHEN (NEW.counters IS NOT NULL) EXECUTE FUNCTION counter_takes_back();
CREATE TRIGGER costs_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON costs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What refused a candidate, by name: what each limit saved or cost is counted by it, not by its words.
ALTER TABLE decisions ADD COLUMN refused_by text;
COMMENT ON COLUMN decisions.refused_by IS
    'The first rule or limit that refused it (trading.decisions.refusals); null where it was bought.';
UPDATE decisions SET refused_by = CASE
    WHEN action = 'buy' THEN NULL
    WHEN veto = 'already held' THEN 'held'
    WHEN veto LIKE 'suspended: %' THEN 'drawdown'
    WHEN veto LIKE 'paused for %' THEN 'losing_streak'
    WHEN veto LIKE 'rests %' THEN 'stopped_out'
    WHEN veto LIKE '% orders a session are placed already' THEN 'max_new_per_session'
    WHEN veto LIKE 'all % positions are taken' THEN 'max_positions'
    WHEN veto LIKE 'regime: %' THEN 'regime'
    WHEN veto = 'the caps leave no whole share' THEN 'size'
    WHEN veto LIKE 'the cap of all positions together, %' THEN 'max_gross'
    WHEN veto LIKE 'the cap of stocks that move with it %' THEN 'max_cluster'
    WHEN veto LIKE 'the cap of the sector %' THEN 'max_sector'
    WHEN veto <> '' THEN 'other'
    WHEN source = 'rule' THEN 'rules_against'
    WHEN cardinality(model_rules) > 0 THEN model_rules[1]
    ELSE 'models_against'
END;
