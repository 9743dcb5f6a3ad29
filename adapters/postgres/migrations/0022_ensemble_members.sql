-- A member of the ensemble is a row: a fourth one needs no column. What was on record stays, in the new form.
ALTER TABLE models DROP CONSTRAINT models_kind_check;
ALTER TABLE models ADD CONSTRAINT models_kind_check CHECK (kind ~ '^[a-z][a-z_]*$');

CREATE TABLE ensemble_members (
    ensemble_id text NOT NULL REFERENCES ensembles,
    position    integer NOT NULL CHECK (position >= 0),
    kind        text NOT NULL,
    model_id    text NOT NULL,
    weight      double precision NOT NULL CHECK (weight > 0 AND weight <= 1),
    PRIMARY KEY (ensemble_id, position),
    UNIQUE (ensemble_id, kind),
    FOREIGN KEY (model_id, kind) REFERENCES models (model_id, kind)
);
COMMENT ON TABLE ensemble_members IS 'The models of an ensemble in the order of their weights'' sum. Writer: the model registry.';

INSERT INTO ensemble_members (ensemble_id, position, kind, model_id, weight)
SELECT e.ensemble_id, m.position, m.kind, m.model_id, m.weight
FROM ensembles e, LATERAL (VALUES
    (0, 'pattern', e.pattern_model_id, e.weight_pattern),
    (1, 'catalyst', e.catalyst_model_id, e.weight_catalyst),
    (2, 'outcome', e.outcome_model_id, e.weight_outcome)
) AS m (position, kind, model_id, weight);

ALTER TABLE ensembles
    DROP CONSTRAINT weights_add_up,
    DROP COLUMN pattern_kind, DROP COLUMN catalyst_kind, DROP COLUMN outcome_kind,
    DROP COLUMN pattern_model_id, DROP COLUMN catalyst_model_id, DROP COLUMN outcome_model_id,
    DROP COLUMN weight_pattern, DROP COLUMN weight_catalyst, DROP COLUMN weight_outcome;

-- Checked at commit, when all members of an ensemble are there.
CREATE FUNCTION weights_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total double precision;
BEGIN
    SELECT sum(weight) INTO total FROM ensemble_members WHERE ensemble_id = NEW.ensemble_id;
    IF total IS NULL OR abs(total - 1) >= 1e-9 THEN
        RAISE EXCEPTION 'the weights of the members of % add up to %, and not to one', NEW.ensemble_id, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER weights_add_up AFTER INSERT ON ensembles
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION weights_add_up();
CREATE CONSTRAINT TRIGGER weights_add_up AFTER INSERT OR UPDATE ON ensemble_members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION weights_add_up();
