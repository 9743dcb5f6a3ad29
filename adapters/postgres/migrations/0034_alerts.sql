-- What the owner is told of: each event once, to each target that was there when it happened.
CREATE TABLE alerts (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id  text NOT NULL UNIQUE CHECK (alert_id <> ''),
    kind      text NOT NULL CHECK (kind <> ''),
    severity  text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    about     text NOT NULL,
    state     text NOT NULL,
    title     text NOT NULL CHECK (title <> ''),
    body      text NOT NULL,
    at        timestamptz NOT NULL,
    news      boolean NOT NULL,
    raised_at timestamptz NOT NULL
);
CREATE INDEX alerts_by_subject ON alerts (kind, about, number) WHERE about <> '';
CREATE TRIGGER alerts_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alerts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE alerts IS 'alert_id names the event that it tells of, so that none is told twice. Writer: alerting.';
COMMENT ON COLUMN alerts.news IS 'False: its subject was in this state already, so nobody is told.';

CREATE TABLE alert_deliveries (
    number     bigint NOT NULL REFERENCES alerts,
    target     text NOT NULL CHECK (target <> ''),
    outcome    text NOT NULL CHECK (outcome IN ('pending', 'sent', 'digest')),
    tries      integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_at    timestamptz NOT NULL,
    settled_at timestamptz,
    message    text,
    trouble    text NOT NULL DEFAULT '',
    PRIMARY KEY (number, target),
    CHECK ((outcome = 'pending') = (settled_at IS NULL)),
    CHECK ((outcome = 'pending') = (message IS NULL))
);
CREATE INDEX alert_deliveries_pending ON alert_deliveries (target, number) WHERE outcome = 'pending';
CREATE INDEX alert_deliveries_sent ON alert_deliveries (target, settled_at) WHERE outcome <> 'pending';
COMMENT ON TABLE alert_deliveries IS
    'One row for each target that is to hear of an alert. message: the first alert of the message that told it. Writer: alerting.';

CREATE TABLE alerting_began (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at  timestamptz NOT NULL
);
COMMENT ON TABLE alerting_began IS 'What happened before isn''t told: a record of years makes no flood. Writer: alerting.';
