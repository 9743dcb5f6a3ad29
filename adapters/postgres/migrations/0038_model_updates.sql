-- Light updates of models: what each was made from, and how updating does beside the version that it began with.
ALTER TABLE training_plans DROP CONSTRAINT training_plans_kind_check;
ALTER TABLE training_plans ADD CONSTRAINT training_plans_kind_check CHECK (kind IN ('gpu', 'cpu', 'update'));

CREATE TABLE model_updates (
    number        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    ensemble_id   text PRIMARY KEY REFERENCES ensembles,
    parent        text NOT NULL REFERENCES ensembles,
    root          text NOT NULL REFERENCES ensembles,
    line          text NOT NULL REFERENCES ensembles,
    after_session date NOT NULL,
    rows          bigint NOT NULL CHECK (rows > 0),
    sessions      integer NOT NULL CHECK (sessions > 0),
    seconds       double precision NOT NULL CHECK (seconds >= 0),
    made_at       timestamptz NOT NULL,
    CHECK (parent <> ensemble_id AND root <> ensemble_id)
);
CREATE TRIGGER model_updates_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_updates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE model_updates IS 'One row for each light update. Writer: training_scheduler.';
COMMENT ON COLUMN model_updates.root IS 'The champion that the line of updates began with, beside which it is judged.';
COMMENT ON COLUMN model_updates.line IS 'The first update of the line; each later one was made from the one before it.';

CREATE TABLE update_judgements (
    session     date NOT NULL,
    line        text NOT NULL REFERENCES ensembles,
    ensemble_id text NOT NULL REFERENCES ensembles,
    verdict     text NOT NULL CHECK (verdict IN ('better', 'worse', 'cannot_be_told', 'not_enough_data')),
    sessions    integer NOT NULL CHECK (sessions >= 0),
    mean        double precision,
    low         double precision,
    high        double precision,
    why         text NOT NULL CHECK (why <> ''),
    judged_at   timestamptz NOT NULL,
    PRIMARY KEY (session, line)
);
CREATE TRIGGER update_judgements_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON update_judgements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE update_judgements IS
    'After each session, how a line of updates did beside its root, as known then. Writer: training_scheduler.';
COMMENT ON COLUMN update_judgements.mean IS 'By how much its log loss a setup was lower; low and high its interval.';
