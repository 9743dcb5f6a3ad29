-- What every version of the ensemble said of every setup; with the outcome of the setup it is what models are judged by.
CREATE TABLE signals (
    session           date NOT NULL,
    ensemble_id       text NOT NULL REFERENCES ensembles,
    symbol            text NOT NULL CHECK (symbol <> ''),
    direction         smallint NOT NULL CHECK (direction IN (-1, 1)),
    in_play           boolean NOT NULL,
    probabilities     double precision[] NOT NULL,
    strength          double precision CHECK (strength BETWEEN 0 AND 1),
    rank              double precision CHECK (rank BETWEEN 0 AND 1),
    probability       double precision CHECK (probability BETWEEN 0 AND 1),
    expected_return   double precision CHECK (expected_return > '-Infinity' AND expected_return < 'Infinity'),
    expected_low      double precision CHECK (expected_low > '-Infinity' AND expected_low < 'Infinity'),
    expected_high     double precision CHECK (expected_high > '-Infinity' AND expected_high < 'Infinity'),
    disagreement_rank double precision CHECK (disagreement_rank BETWEEN 0 AND 1),
    PRIMARY KEY (session, ensemble_id, symbol, direction),
    CHECK (NOT in_play OR direction = 1)
);
COMMENT ON TABLE signals IS 'Scored whether taken or not. Writer: pattern analysis.';
COMMENT ON COLUMN signals.probabilities IS 'Of each member, in the order of ensemble_members.position.';
COMMENT ON COLUMN signals.in_play IS 'A long setup of a stock in play: what accounts choose from.';

CREATE INDEX pattern_training_data_setup ON pattern_training_data (session, symbol, direction);

-- Patterns of one direction on one bar share one outcome (docs/models.md), so any of them tells it.
CREATE VIEW signal_outcomes AS
SELECT s.*, p.pattern_success AS success, p.outcome_return AS net_return, p.outcome_exit AS exit_kind,
       p.outcome_known_session AS known_session
FROM signals s JOIN LATERAL (
    SELECT pattern_success, outcome_return, outcome_exit, outcome_known_session FROM pattern_training_data AS p
    WHERE p.session = s.session AND p.symbol = s.symbol AND p.direction = s.direction LIMIT 1
) AS p ON true;
COMMENT ON VIEW signal_outcomes IS 'Each scored setup with its outcome by the shared barriers; null while it is open.';

ALTER TABLE decisions
    ADD COLUMN model_rules text[] NOT NULL DEFAULT '{}',
    ADD COLUMN probability double precision CHECK (probability BETWEEN 0 AND 1),
    ADD COLUMN expected_low double precision CHECK (expected_low > '-Infinity' AND expected_low < 'Infinity'),
    ADD COLUMN expected_high double precision CHECK (expected_high > '-Infinity' AND expected_high < 'Infinity'),
    ADD COLUMN disagreement_rank double precision CHECK (disagreement_rank BETWEEN 0 AND 1);
COMMENT ON COLUMN decisions.model_rules IS 'The rules of model risk that acted.';
ALTER TABLE decisions DROP CONSTRAINT decisions_check;
ALTER TABLE decisions ADD CONSTRAINT a_purchase_by_models_names_them
    CHECK (NOT (source = 'ensemble' AND action = 'buy') OR ensemble_id IS NOT NULL);
