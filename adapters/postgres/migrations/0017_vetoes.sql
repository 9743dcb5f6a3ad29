-- What risk refused or made smaller, and more of what a decision was made from, so that it can be explained.

ALTER TABLE decisions ADD COLUMN rank double precision CHECK (rank BETWEEN 0 AND 1);
ALTER TABLE decisions ADD COLUMN rule_reasons text[] NOT NULL DEFAULT '{}';
ALTER TABLE decisions ADD COLUMN veto text NOT NULL DEFAULT '';
COMMENT ON COLUMN decisions.rank IS 'Of the strength among those the models gave to setups that they had not seen.';
COMMENT ON COLUMN decisions.rule_reasons IS 'Conditions of the rules that held.';
COMMENT ON COLUMN decisions.veto IS 'What risk refused or made smaller though the view was for it; empty when neither.';
