-- The history of the services' health, from which uptime is computed; `service_health` keeps the last word of each.
CREATE TABLE health_events (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    service text NOT NULL CHECK (service <> ''),
    state   text NOT NULL CHECK (state IN ('starting', 'ok', 'degraded', 'failed', 'stopped')),
    detail  text NOT NULL
);
CREATE INDEX health_events_by_service ON health_events (service, at, number);
COMMENT ON TABLE health_events IS
    'Each change of a service''s state, from when on. starting: a new process took over; stopped: nobody asked. Writer: health; of health itself, the run.';
ALTER TABLE service_health ADD COLUMN pid integer, ADD COLUMN started_ticks bigint;
COMMENT ON COLUMN service_health.started_ticks IS
    'Start of the process in clock ticks since the machine''s; with pid it names one process for good.';
