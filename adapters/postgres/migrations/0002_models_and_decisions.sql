CREATE TABLE models (
    model_id     text PRIMARY KEY CHECK (model_id <> ''),
    kind         text NOT NULL CHECK (kind IN ('pattern', 'catalyst', 'outcome')),
    version      integer NOT NULL CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    path         text NOT NULL CHECK (path <> '' AND path NOT LIKE '/%'),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    data_sha256  text NOT NULL CHECK (data_sha256 ~ '^[0-9a-f]{64}$'),
    code_version text NOT NULL CHECK (code_version <> ''),
    params       jsonb NOT NULL,
    metrics      jsonb NOT NULL,
    features     jsonb NOT NULL CHECK (jsonb_typeof(features) = 'array'),
    train_from   date NOT NULL,
    train_to     date NOT NULL,
    UNIQUE (kind, version),
    UNIQUE (model_id, kind),
    CHECK (train_from <= train_to)
);
COMMENT ON TABLE models IS 'path is relative to the data folder; a file that does not match sha256 is refused. Writer: the model registry.';

-- The generated columns make each foreign key demand a model of the right kind.
CREATE TABLE ensembles (
    ensemble_id       text PRIMARY KEY CHECK (ensemble_id <> ''),
    created_at        timestamptz NOT NULL,
    pattern_model_id  text NOT NULL,
    catalyst_model_id text NOT NULL,
    outcome_model_id  text NOT NULL,
    pattern_kind      text NOT NULL GENERATED ALWAYS AS ('pattern') STORED,
    catalyst_kind     text NOT NULL GENERATED ALWAYS AS ('catalyst') STORED,
    outcome_kind      text NOT NULL GENERATED ALWAYS AS ('outcome') STORED,
    weight_pattern    double precision NOT NULL CHECK (weight_pattern BETWEEN 0 AND 1),
    weight_catalyst   double precision NOT NULL CHECK (weight_catalyst BETWEEN 0 AND 1),
    weight_outcome    double precision NOT NULL CHECK (weight_outcome BETWEEN 0 AND 1),
    status            text NOT NULL CHECK (status IN ('champion', 'challenger', 'retired')),
    metrics           jsonb NOT NULL,
    config_sha256     text NOT NULL CHECK (config_sha256 ~ '^[0-9a-f]{64}$'),
    known_before      date NOT NULL,
    FOREIGN KEY (pattern_model_id, pattern_kind) REFERENCES models (model_id, kind),
    FOREIGN KEY (catalyst_model_id, catalyst_kind) REFERENCES models (model_id, kind),
    FOREIGN KEY (outcome_model_id, outcome_kind) REFERENCES models (model_id, kind),
    CONSTRAINT weights_add_up CHECK (abs(weight_pattern + weight_catalyst + weight_outcome - 1) < 1e-9)
);
CREATE UNIQUE INDEX one_champion ON ensembles (status) WHERE status = 'champion';
COMMENT ON TABLE ensembles IS 'known_before: trained on outcomes known before this session. Writer: the model registry.';

CREATE TABLE decisions (
    session         date NOT NULL,
    account         text NOT NULL CHECK (account <> ''),
    symbol          text NOT NULL CHECK (symbol <> ''),
    p_pattern       double precision CHECK (p_pattern BETWEEN 0 AND 1),
    p_catalyst      double precision CHECK (p_catalyst BETWEEN 0 AND 1),
    p_outcome       double precision CHECK (p_outcome BETWEEN 0 AND 1),
    expected_return double precision CHECK (expected_return > '-Infinity' AND expected_return < 'Infinity'),
    strength        double precision CHECK (strength > '-Infinity' AND strength < 'Infinity'),
    disagreement    double precision CHECK (disagreement BETWEEN 0 AND 1),
    confidence      double precision CHECK (confidence BETWEEN 0 AND 1),
    rule_confidence double precision CHECK (rule_confidence BETWEEN 0 AND 1),
    source          text NOT NULL CHECK (source IN ('ensemble', 'rule')),
    action          text NOT NULL CHECK (action IN ('buy', 'sell', 'hold', 'none')),
    shares          bigint NOT NULL CHECK (shares >= 0),
    patterns        text[] NOT NULL,
    reason          text NOT NULL CHECK (reason <> ''),
    ensemble_id     text REFERENCES ensembles,
    PRIMARY KEY (session, account, symbol),
    CHECK (source = 'rule' OR ensemble_id IS NOT NULL),
    CHECK ((action IN ('buy', 'sell')) = (shares > 0))
);
COMMENT ON TABLE decisions IS 'What was decided at the close of session, and why. Writer: pattern analysis.';

CREATE TABLE scans (
    session date NOT NULL,
    symbol  text NOT NULL CHECK (symbol <> ''),
    rank    integer NOT NULL CHECK (rank > 0),
    score   double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    parts   jsonb NOT NULL CHECK (jsonb_typeof(parts) = 'object'),
    reason  text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (session, symbol),
    UNIQUE (session, rank)
);
COMMENT ON TABLE scans IS 'The stocks in play of a session. Writer: the scanner.';

CREATE TABLE service_health (
    service text PRIMARY KEY CHECK (service <> ''),
    state   text NOT NULL CHECK (state IN ('starting', 'ok', 'degraded', 'failed', 'stopped')),
    detail  text NOT NULL,
    at      timestamptz NOT NULL
);
COMMENT ON TABLE service_health IS 'The last word of each service. Writer: health.';
