-- How quickly services and the HTTP interface answer, by the hour, and how long the stages of a session take.
ALTER TABLE service_health ADD COLUMN score double precision CHECK (score BETWEEN 0 AND 1);
COMMENT ON COLUMN service_health.score IS
    'Of the last look, from 0 to 1 (adapters/machine/health_score.py); NULL = not known.';

CREATE TABLE health_hours (
    service     text NOT NULL CHECK (service <> ''),
    hour        timestamptz NOT NULL,
    looks       bigint NOT NULL CHECK (looks > 0),
    answers     bigint NOT NULL CHECK (answers BETWEEN 0 AND looks),
    slow        bigint NOT NULL CHECK (slow BETWEEN 0 AND answers),
    seconds     double precision NOT NULL CHECK (seconds >= 0),
    longest_s   double precision NOT NULL CHECK (longest_s >= 0),
    score_sum   double precision NOT NULL CHECK (score_sum >= 0),
    least_score double precision NOT NULL CHECK (least_score BETWEEN 0 AND 1),
    PRIMARY KEY (service, hour)
);
COMMENT ON TABLE health_hours IS
    'Looks at each service by the hour: how many it answered, how many of these after more than 0.5 s, seconds that all answers took, and its scores. Writer: health.';

CREATE TABLE http_hours (
    hour      timestamptz PRIMARY KEY,
    answers   bigint NOT NULL CHECK (answers > 0),
    failed    bigint NOT NULL CHECK (failed BETWEEN 0 AND answers),
    slow      bigint NOT NULL CHECK (slow BETWEEN 0 AND answers),
    seconds   double precision NOT NULL CHECK (seconds >= 0),
    longest_s double precision NOT NULL CHECK (longest_s >= 0)
);
COMMENT ON TABLE http_hours IS
    'Answers of the HTTP interface by the hour: with a status of 500 and above, after more than 0.5 s, and the seconds until each began. Writer: the HTTP interface.';

CREATE TABLE session_times (
    session date NOT NULL,
    stage   text NOT NULL CHECK (stage <> ''),
    seconds double precision NOT NULL CHECK (seconds >= 0),
    at      timestamptz NOT NULL,
    PRIMARY KEY (session, stage)
);
COMMENT ON TABLE session_times IS
    'How long each stage of a session took, on the wall clock. Writer: the coordinator.';
