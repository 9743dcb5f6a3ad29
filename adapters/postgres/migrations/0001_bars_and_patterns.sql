-- Bars: what was imported, what was found, what was set aside. The bars themselves are Parquet; `bar_files` lists them.

CREATE TABLE bar_imports (
    import_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source           text NOT NULL CHECK (source <> ''),
    file_sha256      text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    rows_in          bigint NOT NULL CHECK (rows_in >= 0),
    rows_stored      bigint NOT NULL CHECK (rows_stored >= 0),
    rows_quarantined bigint NOT NULL CHECK (rows_quarantined >= 0),
    corrections      jsonb NOT NULL DEFAULT '[]',
    imported_at      timestamptz NOT NULL,
    UNIQUE (source, file_sha256),
    CONSTRAINT no_row_is_lost CHECK (rows_in = rows_stored + rows_quarantined)
);
COMMENT ON TABLE bar_imports IS 'One row per imported file. Writer: ingestion.';

CREATE TABLE bar_files (
    path          text PRIMARY KEY CHECK (path <> '' AND path NOT LIKE '/%'),
    tier          text NOT NULL CHECK (tier IN ('hot', 'warm', 'cold')),
    first_session date NOT NULL,
    last_session  date NOT NULL,
    rows          bigint NOT NULL CHECK (rows > 0),
    sha256        text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    written_at    timestamptz NOT NULL,
    UNIQUE (first_session, last_session),
    CHECK (first_session <= last_session)
);
COMMENT ON TABLE bar_files IS 'The manifest of the Parquet tiers; path is relative to the data folder. Writer: ingestion.';

CREATE TABLE bar_findings (
    finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id  bigint NOT NULL REFERENCES bar_imports,
    gate       text NOT NULL CHECK (gate <> ''),
    severity   text NOT NULL CHECK (severity IN ('info', 'warning', 'quarantine')),
    symbol     text CHECK (symbol <> ''),
    session    date,
    rows       bigint NOT NULL CHECK (rows >= 0),
    detail     text NOT NULL
);
CREATE UNIQUE INDEX bar_findings_once ON bar_findings
    (import_id, gate, severity, coalesce(symbol, ''), coalesce(session, DATE '0001-01-01'), md5(detail));
COMMENT ON TABLE bar_findings IS 'What the data gates found; symbol or session NULL = the whole import. Writer: ingestion.';

CREATE TABLE bar_quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id     bigint NOT NULL REFERENCES bar_imports,
    symbol        text,
    session       date,
    open          double precision,
    high          double precision,
    low           double precision,
    close         double precision,
    volume        bigint,
    gate          text NOT NULL CHECK (gate <> ''),
    reason        text NOT NULL CHECK (reason <> '')
);
COMMENT ON TABLE bar_quarantine IS 'Rows set aside as they came, whatever is wrong with them. Writer: ingestion.';

CREATE TABLE splits (
    symbol      text NOT NULL CHECK (symbol <> ''),
    session     date NOT NULL,
    numerator   integer NOT NULL CHECK (numerator > 0),
    denominator integer NOT NULL CHECK (denominator > 0),
    import_id   bigint REFERENCES bar_imports,
    PRIMARY KEY (symbol, session),
    CHECK (numerator <> denominator)
);
COMMENT ON TABLE splits IS 'numerator new shares for denominator old ones, from the open of session on. Writer: ingestion.';

CREATE TABLE bar_breaks (
    symbol    text NOT NULL CHECK (symbol <> ''),
    session   date NOT NULL,
    reason    text NOT NULL CHECK (reason <> ''),
    import_id bigint REFERENCES bar_imports,
    PRIMARY KEY (symbol, session)
);
COMMENT ON TABLE bar_breaks IS 'Prices before session cannot be joined to those from it on. Writer: ingestion.';

CREATE TABLE instruments (
    symbol   text PRIMARY KEY CHECK (symbol <> ''),
    name     text CHECK (name <> ''),
    sector   text CHECK (sector <> ''),
    industry text CHECK (industry <> '')
);
COMMENT ON TABLE instruments IS 'Writer: ingestion.';

CREATE TABLE catalysts (
    symbol      text NOT NULL CHECK (symbol <> ''),
    event_date  date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('earnings')),
    source      text NOT NULL CHECK (source <> ''),
    knowable_at timestamptz NOT NULL,
    PRIMARY KEY (symbol, event_date, kind, source),
    CHECK (knowable_at >= event_date::timestamp AT TIME ZONE 'America/New_York')
);
COMMENT ON TABLE catalysts IS 'knowable_at: the first instant at which a decision may use the event. Writer: news.';

-- The training table of the strategy (its section 2.2), extended. NULL = unknown. The comparisons with 'Infinity' refuse
-- NaN and both infinities, because PostgreSQL sorts NaN above everything.
CREATE TABLE pattern_training_data (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol                 text NOT NULL CHECK (symbol <> ''),
    "timestamp"            timestamptz NOT NULL,
    session                date NOT NULL,
    timeframe              text NOT NULL DEFAULT '1d' CHECK (timeframe <> ''),
    pattern_type           text NOT NULL CHECK (pattern_type <> ''),
    direction              smallint NOT NULL CHECK (direction IN (-1, 1)),

    body_to_range_ratio    double precision CHECK (body_to_range_ratio BETWEEN 0 AND 1),
    upper_shadow_ratio     double precision CHECK (upper_shadow_ratio BETWEEN 0 AND 1),
    lower_shadow_ratio     double precision CHECK (lower_shadow_ratio BETWEEN 0 AND 1),
    volume_surge           double precision CHECK (volume_surge >= 0 AND volume_surge < 'Infinity'),

    rsi_14                 double precision CHECK (rsi_14 BETWEEN 0 AND 100),
    bb_position            double precision CHECK (bb_position > '-Infinity' AND bb_position < 'Infinity'),
    market_trend           text CHECK (market_trend IN ('bull', 'bear', 'sideways')),
    vix_level              double precision CHECK (vix_level >= 0 AND vix_level < 'Infinity'),
    atr_pct                double precision CHECK (atr_pct >= 0 AND atr_pct < 'Infinity'),
    realised_volatility_20 double precision CHECK (realised_volatility_20 >= 0 AND realised_volatility_20 < 'Infinity'),

    pattern_success        boolean,
    max_gain               double precision CHECK (max_gain > '-Infinity' AND max_gain < 'Infinity'),
    max_loss               double precision CHECK (max_loss > '-Infinity' AND max_loss < 'Infinity'),
    optimal_hold_time      integer CHECK (optimal_hold_time >= 0),
    outcome_return         double precision CHECK (outcome_return > '-Infinity' AND outcome_return < 'Infinity'),
    outcome_exit           text CHECK (outcome_exit <> ''),
    outcome_known_session  date,

    news_catalyst          boolean,
    news_sentiment         double precision CHECK (news_sentiment BETWEEN -1 AND 1),
    volume_spike           boolean,

    UNIQUE (symbol, timeframe, session, pattern_type, direction),
    CONSTRAINT bar_closes_in_its_session CHECK (("timestamp" AT TIME ZONE 'America/New_York')::date = session),
    CONSTRAINT outcome_is_whole_or_absent CHECK (
        num_nonnulls(pattern_success, outcome_return, outcome_exit, outcome_known_session) IN (0, 4)),
    CONSTRAINT outcome_follows_decision CHECK (outcome_known_session > session)
);
CREATE INDEX pattern_training_data_known ON pattern_training_data (outcome_known_session);
CREATE INDEX pattern_training_data_open ON pattern_training_data (session) WHERE outcome_known_session IS NULL;
COMMENT ON TABLE pattern_training_data IS 'One row per pattern found; outcome columns filled once known. Writer: pattern analysis.';
COMMENT ON COLUMN pattern_training_data."timestamp" IS 'Close of the bar that completed the pattern, UTC.';
COMMENT ON COLUMN pattern_training_data.optimal_hold_time IS 'Sessions from entry to the best close within the horizon.';
