-- How far a version's share of the decisions has grown by evidence, beside how far alarms hold it back.
ALTER TABLE watch_turns ADD COLUMN step integer NOT NULL DEFAULT 0 CHECK (step BETWEEN 0 AND 2);
COMMENT ON COLUMN watch_turns.step IS
    'By how many steps the share of the decisions has grown that models make in place of the rules (trading/watching/stages.py).';
