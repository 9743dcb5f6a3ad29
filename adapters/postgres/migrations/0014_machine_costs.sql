-- What machines of the cloud cost, and the training sessions that rent them.

CREATE TABLE machine_events (
    cluster               text NOT NULL CHECK (cluster <> ''),
    machine_id            bigint NOT NULL CHECK (machine_id > 0),
    event                 text NOT NULL CHECK (event IN ('started', 'stopped')),
    at                    timestamptz NOT NULL,
    label                 text NOT NULL CHECK (label <> ''),
    role                  text NOT NULL CHECK (role IN ('head', 'worker')),
    size                  text NOT NULL CHECK (size <> ''),
    price_usd_e6_per_h    bigint NOT NULL CHECK (price_usd_e6_per_h >= 0),
    price_cents_per_month bigint NOT NULL CHECK (price_cents_per_month >= 0),
    PRIMARY KEY (cluster, machine_id, event)
);
CREATE INDEX machine_events_by_time ON machine_events (at);
COMMENT ON TABLE machine_events IS
    'Every start and stop of a machine, imported from the files that the node provider keeps. Writer: training_scheduler.';

CREATE TABLE training_plans (
    plan_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    planned_at  timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('gpu', 'cpu')),
    window_from timestamptz NOT NULL,
    opens       boolean NOT NULL,
    code        text NOT NULL CHECK (code <> ''),
    reason      text NOT NULL CHECK (reason <> ''),
    UNIQUE (kind, window_from, code)
);
COMMENT ON TABLE training_plans IS
    'Whether a training session opens, and why or why not; once per window and reason. Writer: training_scheduler.';

CREATE TABLE training_sessions (
    session_id       text PRIMARY KEY CHECK (session_id <> ''),
    kind             text NOT NULL CHECK (kind IN ('gpu', 'cpu')),
    window_from      timestamptz NOT NULL,
    opened_at        timestamptz NOT NULL,
    data_fingerprint text NOT NULL CHECK (data_fingerprint ~ '^[0-9a-f]{64}$'),
    state            text NOT NULL CHECK (state IN ('open', 'trained', 'sold_out', 'failed', 'interrupted')),
    ended_at         timestamptz CHECK (ended_at >= opened_at),
    detail           text NOT NULL DEFAULT '',
    device           text CHECK (device <> ''),
    ensemble_id      text CHECK (ensemble_id <> ''),
    machines_gone    boolean,
    cost_usd_e6      bigint CHECK (cost_usd_e6 >= 0),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (state <> 'trained' OR (device IS NOT NULL AND ensemble_id IS NOT NULL))
);
CREATE INDEX training_sessions_latest ON training_sessions (kind, opened_at DESC);
COMMENT ON TABLE training_sessions IS 'Training sessions of GPU and CPU. Writer: training_scheduler.';
COMMENT ON COLUMN training_sessions.machines_gone IS 'Whether every machine with a GPU was proven gone at the end; NULL = none was rented.';
COMMENT ON COLUMN training_sessions.cost_usd_e6 IS 'Of machines with a GPU while the session lasted, in millionths of a dollar; NULL = none on record.';
