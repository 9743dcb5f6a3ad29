-- Patterns within a session, from bars of minutes. Their trades end with the session, so a row is whole when it is written.

CREATE TABLE session_patterns (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol            text NOT NULL CHECK (symbol <> ''),
    session           date NOT NULL,
    bar_s             integer NOT NULL CHECK (bar_s > 0),
    triggered_at      timestamptz NOT NULL,
    began_at          timestamptz NOT NULL CHECK (began_at < triggered_at),
    pattern_type      text NOT NULL CHECK (pattern_type <> ''),
    direction         smallint NOT NULL CHECK (direction IN (-1, 1)),
    level_usd         double precision NOT NULL CHECK (level_usd > 0 AND level_usd < 'Infinity'),
    entry_usd         double precision NOT NULL CHECK (entry_usd > 0 AND entry_usd < 'Infinity'),
    stop_usd          double precision NOT NULL CHECK (stop_usd > 0 AND stop_usd < 'Infinity'),
    target_usd        double precision CHECK (target_usd > 0 AND target_usd < 'Infinity'),
    since_open_s      integer NOT NULL CHECK (since_open_s > 0),
    gap               double precision CHECK (gap > -1 AND gap < 'Infinity'),
    vwap_distance     double precision CHECK (vwap_distance > -1 AND vwap_distance < 'Infinity'),
    volume_since_open bigint NOT NULL CHECK (volume_since_open >= 0),
    exit_kind         text NOT NULL CHECK (exit_kind IN ('stop', 'target', 'close', 'no_entry')),
    exit_at           timestamptz CHECK (exit_at > triggered_at),
    net_return        double precision CHECK (net_return > '-Infinity' AND net_return < 'Infinity'),
    max_gain          double precision CHECK (max_gain >= 0 AND max_gain < 'Infinity'),
    max_loss          double precision CHECK (max_loss <= 0 AND max_loss > '-Infinity'),
    other_entries     smallint NOT NULL CHECK (other_entries >= 0),
    other_success     double precision CHECK (other_success BETWEEN 0 AND 1),
    other_return      double precision CHECK (other_return > '-Infinity' AND other_return < 'Infinity'),
    UNIQUE (symbol, bar_s, triggered_at, pattern_type, direction),
    CONSTRAINT stop_and_target_enclose_entry CHECK (
        (entry_usd - stop_usd) * direction > 0 AND (target_usd IS NULL OR (target_usd - entry_usd) * direction > 0)),
    CONSTRAINT outcome_is_whole_or_absent CHECK (
        num_nonnulls(exit_at, net_return, max_gain, max_loss) = CASE exit_kind WHEN 'no_entry' THEN 0 ELSE 4 END),
    CONSTRAINT comparison_is_whole_or_absent CHECK (
        num_nonnulls(other_success, other_return) = CASE other_entries WHEN 0 THEN 0 ELSE 2 END)
);
CREATE INDEX session_patterns_session ON session_patterns (session);

CREATE TABLE session_pattern_days (
    session  date PRIMARY KEY,
    bars     bigint NOT NULL CHECK (bars > 0),
    patterns integer NOT NULL CHECK (patterns >= 0)
);

COMMENT ON TABLE session_patterns IS 'Written by pattern_analysis and by `inplay patterns log`, through the same code.';
COMMENT ON COLUMN session_patterns.exit_kind IS 'What ended the trade; close: the last bar of the regular session.';
COMMENT ON COLUMN session_patterns.other_success IS
    'Of the same trade at that time of day in the session before, the share that made money.';
COMMENT ON TABLE session_pattern_days IS 'Sessions whose minutes were looked through, also those without a pattern.';
