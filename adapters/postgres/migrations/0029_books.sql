-- The accounts of a record are rows: a name and the arm that decides in it. A record keeps those that it began with.
CREATE TABLE books (
    book     text PRIMARY KEY CHECK (book ~ '^[a-z][a-z_]*$'),
    arm      text NOT NULL CHECK (arm IN ('rule', 'hybrid', 'models', 'challenger')),
    position integer NOT NULL UNIQUE
);
COMMENT ON TABLE books IS 'Writer: the start of a run.';
INSERT INTO books (book, arm, position)
SELECT book, CASE book WHEN 'rule' THEN 'rule' ELSE 'hybrid' END, row_number() OVER (ORDER BY min(seq)) - 1
FROM journal WHERE kind = 'deposit' GROUP BY book;
