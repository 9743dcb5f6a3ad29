-- The life of an ensemble is a list of events; what it is at a session is their fold (trading/views/lifecycle.py).
CREATE TABLE sessions_begun (
    session  date PRIMARY KEY,
    begun_at timestamptz NOT NULL
);
COMMENT ON TABLE sessions_begun IS
    'Sessions whose decisions have begun: no event of a model''s life takes effect at one of these any more. Writer: the model registry.';

CREATE TABLE model_events (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ensemble_id  text NOT NULL REFERENCES ensembles,
    role         text NOT NULL CHECK (role IN ('registered', 'shadow', 'challenger', 'champion', 'retired')),
    from_session date NOT NULL,
    who          text NOT NULL CHECK (who <> ''),
    why          text NOT NULL CHECK (why <> ''),
    at           timestamptz NOT NULL
);
COMMENT ON TABLE model_events IS
    'from_session: the first one that the role holds for. Writer: the model registry.';
CREATE TRIGGER model_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO sessions_begun (session, begun_at) SELECT DISTINCT session, now() FROM decisions;
INSERT INTO sessions_begun (session, begun_at)
SELECT DISTINCT session, now() FROM equity ON CONFLICT DO NOTHING;

-- What is on record says who was champion when: the ensemble of the decisions of a session, in its order.
WITH used AS (SELECT ensemble_id, min(session) AS first FROM decisions WHERE ensemble_id IS NOT NULL GROUP BY ensemble_id),
lives AS (
    SELECT e.ensemble_id, e.status, e.created_at, coalesce(u.first, e.known_before) AS first, u.first IS NOT NULL AS decided
    FROM ensembles e LEFT JOIN used u USING (ensemble_id)
),
roles AS (
    SELECT ensemble_id, 'registered' AS role, first, created_at, 0 AS place, 'it was on record before roles were' AS why FROM lives
    UNION ALL
    SELECT ensemble_id, 'champion', first, created_at, 2, 'decisions on record name it'
    FROM lives WHERE status = 'champion' OR decided
    UNION ALL
    SELECT ensemble_id, 'challenger', first, created_at, 2, 'it was on record as one'
    FROM lives WHERE status = 'challenger' AND NOT decided
      AND created_at = (SELECT max(created_at) FROM lives WHERE status = 'challenger' AND NOT decided)
    UNION ALL
    SELECT ensemble_id, 'retired', first, created_at, 2, 'it was on record as one of several challengers, or as retired'
    FROM lives WHERE NOT decided AND status <> 'champion' AND NOT (status = 'challenger'
      AND created_at = (SELECT max(created_at) FROM lives WHERE status = 'challenger' AND NOT decided))
    UNION ALL
    SELECT l.ensemble_id, 'retired', later.first, l.created_at, 1, 'decisions on record name a later one'
    FROM lives l JOIN LATERAL (
        SELECT first FROM lives o WHERE o.ensemble_id <> l.ensemble_id AND (o.decided OR o.status = 'champion')
          AND (o.first, o.ensemble_id) > (l.first, l.ensemble_id) ORDER BY o.first, o.ensemble_id LIMIT 1
    ) AS later ON true
    WHERE l.status = 'champion' OR l.decided
)
INSERT INTO model_events (ensemble_id, role, from_session, who, why, at)
SELECT ensemble_id, role, first, 'migration', why, created_at FROM roles ORDER BY first, place, created_at, ensemble_id;

DROP INDEX one_champion;
ALTER TABLE ensembles DROP COLUMN status;

-- One champion, one challenger, at whatever session: what a registry that forgot the rule would break.
CREATE FUNCTION one_of_a_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE many integer;
BEGIN
    SELECT count(*) INTO many FROM (
        SELECT DISTINCT ON (ensemble_id) ensemble_id, role FROM model_events
        ORDER BY ensemble_id, event_id DESC
    ) AS latest WHERE role = NEW.role;
    IF many > 1 THEN
        RAISE EXCEPTION 'there would be % ensembles with the role %', many, NEW.role USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER one_of_a_role AFTER INSERT ON model_events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.role IN ('champion', 'challenger')) EXECUTE FUNCTION one_of_a_role();

-- An event can't reach back to a session that was decided without it.
CREATE FUNCTION not_of_a_begun_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM sessions_begun WHERE session >= NEW.from_session) THEN
        RAISE EXCEPTION 'a session from % on has begun already', NEW.from_session USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_of_a_begun_session BEFORE INSERT ON model_events
    FOR EACH ROW EXECUTE FUNCTION not_of_a_begun_session();
