-- A break in the bars settles a trade, or comes before its entry: both are outcomes, and only the first has a return.

ALTER TABLE pattern_training_data DROP CONSTRAINT pattern_training_data_own_exit_check;
ALTER TABLE pattern_training_data ADD CONSTRAINT pattern_training_data_own_exit_check
    CHECK (own_exit IN ('stop', 'target', 'horizon', 'no_entry', 'break'));

ALTER TABLE pattern_training_data DROP CONSTRAINT outcome_is_whole_or_absent;
ALTER TABLE pattern_training_data ADD CONSTRAINT outcome_is_whole_or_absent CHECK (
    num_nonnulls(outcome_exit, outcome_known_session) IN (0, 2)
    AND num_nonnulls(pattern_success, outcome_return)
        = CASE WHEN outcome_exit IS NULL OR outcome_exit = 'no_entry' THEN 0 ELSE 2 END);

COMMENT ON COLUMN pattern_training_data.outcome_exit IS
    'stop, target, horizon; break: settled by a break in the bars; no_entry: a break came before the entry, no return.';
