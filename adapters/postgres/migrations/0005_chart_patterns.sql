-- Chart patterns beside candlesticks, and patterns without a direction.

ALTER TABLE pattern_training_data
    ADD COLUMN family            text NOT NULL DEFAULT 'candlestick' CHECK (family IN ('candlestick', 'chart')),
    ADD COLUMN formation_session date,
    ADD COLUMN level_usd         double precision CHECK (level_usd > 0 AND level_usd < 'Infinity'),
    ADD COLUMN entry_usd         double precision CHECK (entry_usd > 0 AND entry_usd < 'Infinity'),
    ADD COLUMN stop_usd          double precision CHECK (stop_usd > 0 AND stop_usd < 'Infinity'),
    ADD COLUMN target_usd        double precision CHECK (target_usd > 0 AND target_usd < 'Infinity'),
    ADD COLUMN own_exit          text CHECK (own_exit IN ('stop', 'target', 'horizon', 'no_entry')),
    ADD COLUMN own_return        double precision CHECK (own_return > '-Infinity' AND own_return < 'Infinity'),
    ADD COLUMN own_known_session date;
ALTER TABLE pattern_training_data ALTER COLUMN family DROP DEFAULT;

ALTER TABLE pattern_training_data DROP CONSTRAINT pattern_training_data_direction_check;
ALTER TABLE pattern_training_data ADD CONSTRAINT direction_is_known CHECK (direction IN (-1, 0, 1));

-- TA-Lib's sign of these says nothing about a direction, so what was recorded as their outcome was that of no trade that
-- they propose.
UPDATE pattern_training_data
SET direction = 0, pattern_success = NULL, max_gain = NULL, max_loss = NULL, optimal_hold_time = NULL,
    outcome_return = NULL, outcome_exit = NULL, outcome_known_session = NULL
WHERE pattern_type IN ('doji', 'dragonflydoji', 'gravestonedoji', 'longleggeddoji', 'rickshawman', 'takuri',
                       'highwave', 'shortline', 'spinningtop');

ALTER TABLE pattern_training_data
    ADD CONSTRAINT without_direction_no_outcome CHECK (direction <> 0 OR num_nonnulls(
        pattern_success, max_gain, max_loss, optimal_hold_time, outcome_return, outcome_exit,
        outcome_known_session) = 0),
    ADD CONSTRAINT charts_have_a_formation CHECK (
        num_nonnulls(formation_session, level_usd, entry_usd, stop_usd) = CASE family WHEN 'chart' THEN 4 ELSE 0 END),
    ADD CONSTRAINT charts_have_a_direction CHECK (family <> 'chart' OR direction <> 0),
    ADD CONSTRAINT candlesticks_have_no_plan CHECK (family = 'chart' OR num_nonnulls(
        target_usd, own_exit, own_return, own_known_session) = 0),
    ADD CONSTRAINT formation_precedes_trigger CHECK (formation_session <= session),
    ADD CONSTRAINT stop_and_target_enclose_entry CHECK (
        (entry_usd - stop_usd) * direction > 0 AND (target_usd IS NULL OR (target_usd - entry_usd) * direction > 0)),
    ADD CONSTRAINT own_outcome_is_whole_or_absent CHECK (
        num_nonnulls(own_exit, own_known_session) IN (0, 2)
        AND (own_return IS NOT NULL) = (own_exit IS NOT NULL AND own_exit <> 'no_entry')),
    ADD CONSTRAINT own_outcome_follows_decision CHECK (own_known_session > session);

DROP INDEX pattern_training_data_open;
CREATE INDEX pattern_training_data_open ON pattern_training_data (session)
    WHERE direction <> 0 AND (optimal_hold_time IS NULL OR (family = 'chart' AND own_known_session IS NULL));

COMMENT ON COLUMN pattern_training_data.direction IS '1 long, -1 short, 0 without a direction: then without an outcome.';
COMMENT ON COLUMN pattern_training_data.formation_session IS 'Where a chart pattern began; NULL for a candlestick.';
COMMENT ON COLUMN pattern_training_data.level_usd IS
    'The price whose break was the trigger. It and the next three are restated for the splits known when they were recorded.';
COMMENT ON COLUMN pattern_training_data.own_exit IS
    'What ended the trade by the pattern''s own stop and target; no_entry: the next open lay at or beyond one of them.';
