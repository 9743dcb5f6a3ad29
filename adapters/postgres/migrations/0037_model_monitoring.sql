-- What is watched of each version of the ensemble after each session, and how far it may act.
CREATE TABLE watched_sessions (
    session    date PRIMARY KEY,
    proposal   jsonb CHECK (proposal IS NULL OR jsonb_typeof(proposal) = 'object'),
    watched_at timestamptz NOT NULL
);
COMMENT ON TABLE watched_sessions IS
    'Sessions after which every version was watched. proposal: the change of role that the promotion rule asked for. Writer: model monitoring.';

CREATE TABLE watch_marks (
    session              date NOT NULL,
    ensemble_id          text NOT NULL REFERENCES ensembles,
    setups               integer NOT NULL CHECK (setups >= 0),
    unanswered           integer NOT NULL CHECK (unanswered >= 0),
    open                 integer NOT NULL CHECK (open >= 0),
    log_loss             double precision CHECK (log_loss >= 0),
    brier                double precision CHECK (brier BETWEEN 0 AND 1),
    claimed              double precision CHECK (claimed >= 0),
    told                 double precision,
    bias                 double precision CHECK (bias BETWEEN -1 AND 1),
    made_money           double precision CHECK (made_money BETWEEN 0 AND 1),
    squared_error        double precision CHECK (squared_error >= 0),
    candidates           integer NOT NULL CHECK (candidates BETWEEN 0 AND setups),
    calls                integer NOT NULL CHECK (calls BETWEEN 0 AND candidates),
    calls_won            integer NOT NULL CHECK (calls_won BETWEEN 0 AND calls),
    calls_return         double precision NOT NULL,
    rules_calls          integer NOT NULL CHECK (rules_calls BETWEEN 0 AND candidates),
    rules_return         double precision NOT NULL,
    catalyst_correlation double precision CHECK (catalyst_correlation BETWEEN -1.000001 AND 1.000001),
    PRIMARY KEY (session, ensemble_id)
);
COMMENT ON TABLE watch_marks IS
    'What a version was worth at a session, by outcomes known when the horizon was over (trading/watching/marks.py). Writer: model monitoring.';

CREATE TABLE watch_references (
    ensemble_id text PRIMARY KEY REFERENCES ensembles,
    reference   jsonb NOT NULL CHECK (jsonb_typeof(reference) = 'object')
);
COMMENT ON TABLE watch_references IS
    'How setups looked that a version learned from, or was first asked at. Writer: model monitoring.';

CREATE TABLE watch_features (
    session     date NOT NULL,
    ensemble_id text NOT NULL REFERENCES watch_references,
    shares      double precision[] NOT NULL,
    unknown     double precision NOT NULL CHECK (unknown BETWEEN 0 AND 1),
    PRIMARY KEY (session, ensemble_id)
);
COMMENT ON TABLE watch_features IS
    'Shares of the watched features in the bins of the version''s reference. Writer: model monitoring.';

CREATE TABLE watch_findings (
    session     date NOT NULL REFERENCES watched_sessions,
    ensemble_id text NOT NULL REFERENCES ensembles,
    kind        text NOT NULL CHECK (kind IN ('calibration', 'concept', 'features', 'unknown')),
    state       text NOT NULL CHECK (state IN ('quiet', 'alarm', 'not_enough_data')),
    value       double precision,
    bar         double precision,
    words       text NOT NULL CHECK (words <> ''),
    PRIMARY KEY (session, ensemble_id, kind)
);
COMMENT ON TABLE watch_findings IS 'What each watch said after each session. Writer: model monitoring.';

CREATE TABLE watch_turns (
    turn_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ensemble_id   text NOT NULL REFERENCES ensembles,
    stage         text NOT NULL CHECK (stage IN ('full', 'half', 'rules', 'retrain')),
    found_session date NOT NULL REFERENCES watched_sessions,
    from_session  date NOT NULL CHECK (from_session > found_session),
    why           text NOT NULL CHECK (why <> ''),
    at            timestamptz NOT NULL,
    UNIQUE (ensemble_id, found_session)
);
COMMENT ON TABLE watch_turns IS
    'How far a version may act, from from_session on: in full, at half size, not at all, and with a training due. Writer: model monitoring.';

CREATE TABLE watch_judgements (
    session     date NOT NULL REFERENCES watched_sessions,
    ensemble_id text NOT NULL REFERENCES ensembles,
    against     text NOT NULL CHECK (against <> ''),
    verdict     text NOT NULL CHECK (verdict IN ('better', 'worse', 'cannot_be_told', 'not_enough_data')),
    figures     jsonb NOT NULL CHECK (jsonb_typeof(figures) = 'object'),
    why         text NOT NULL CHECK (why <> ''),
    PRIMARY KEY (session, ensemble_id, against)
);
COMMENT ON TABLE watch_judgements IS
    'A version beside another, or beside the rules, by the promotion test. Writer: model monitoring.';

CREATE TABLE watch_figures (
    session     date NOT NULL REFERENCES watched_sessions,
    ensemble_id text NOT NULL,
    name        text NOT NULL CHECK (name <> ''),
    part        text NOT NULL,
    value       double precision,
    low         double precision,
    high        double precision,
    sessions    integer NOT NULL CHECK (sessions >= 0),
    missing     text NOT NULL,
    PRIMARY KEY (session, ensemble_id, name, part)
);
COMMENT ON TABLE watch_figures IS
    'The daily analytics. ensemble_id: empty for what is of no version. part: of what, as a pattern or a regime; empty for the whole. missing: why there is no figure. Writer: model monitoring.';

CREATE TRIGGER watched_sessions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watched_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_marks_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_marks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_references_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_references
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_features_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_features
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_findings_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_findings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_turns_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_turns
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_judgements_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_judgements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER watch_figures_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_figures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- A turn can't reach back to a session that was decided without it, as no event of a model's life can.
CREATE TRIGGER watch_turns_not_of_a_begun_session BEFORE INSERT ON watch_turns
    FOR EACH ROW EXECUTE FUNCTION not_of_a_begun_session();
