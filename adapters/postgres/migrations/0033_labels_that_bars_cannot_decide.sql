-- One bar may hold both the stop and the target of a trade. Its order is unknown, so the stop counts, and the record
-- says so. NULL: the outcome is open, or was recorded before anybody looked.
ALTER TABLE pattern_training_data ADD COLUMN outcome_both_barriers boolean
    CHECK (outcome_both_barriers IS NULL OR outcome_return IS NOT NULL);

COMMENT ON COLUMN pattern_training_data.outcome_both_barriers IS
    'The bar of the exit held stop and target, so that bars cannot tell which came first; the stop counted.';
