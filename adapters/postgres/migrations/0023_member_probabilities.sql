-- What each member said of a setup, by its name: a fourth one needs no column. What was on record stays, bit by bit.
ALTER TABLE decisions ADD COLUMN probabilities jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(probabilities) = 'object');
UPDATE decisions
SET probabilities = jsonb_build_object('pattern', p_pattern, 'catalyst', p_catalyst, 'outcome', p_outcome);
ALTER TABLE decisions
    ALTER COLUMN probabilities DROP DEFAULT,
    DROP COLUMN p_pattern, DROP COLUMN p_catalyst, DROP COLUMN p_outcome;
COMMENT ON COLUMN decisions.probabilities IS 'Of each member of the ensemble that the setup succeeds; null where it can''t say.';
