-- The daily checks of the trading itself, what they block, and the limits of risk that a run goes by.

CREATE TABLE daily_checks (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session     date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('parity', 'lookahead')),
    verdict     text NOT NULL CHECK (verdict IN ('passed', 'explained', 'failed', 'not done')),
    compared    bigint NOT NULL CHECK (compared >= 0),
    differences bigint NOT NULL CHECK (differences BETWEEN 0 AND compared),
    detail      text NOT NULL CHECK (detail <> ''),
    findings    jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(findings) = 'array'),
    took_s      double precision NOT NULL CHECK (took_s >= 0),
    checked_at  timestamptz NOT NULL,
    CHECK (verdict <> 'passed' OR differences = 0),
    CHECK (verdict NOT IN ('explained', 'failed') OR differences > 0)
);
CREATE INDEX daily_checks_by_session ON daily_checks (session, kind, seq);
COMMENT ON TABLE daily_checks IS 'Every check of a session, repeats included; rows are only added. Writer: checks.';
COMMENT ON COLUMN daily_checks.findings IS 'The first differences, each with what differs and its cause.';

ALTER TABLE trading_controls ADD COLUMN session date;
COMMENT ON COLUMN trading_controls.session IS 'The session that it is about: of withheld orders, and of checks.';
ALTER TABLE trading_controls DROP CONSTRAINT trading_controls_action_check;
ALTER TABLE trading_controls ADD CONSTRAINT trading_controls_action_check CHECK (action IN
    ('arm', 'disarm', 'suspend', 'resume', 'kill', 'withheld', 'unreconciled', 'reconciled',
     'check_failed', 'check_passed'));

CREATE TABLE risk_limits (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    limits       jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'object'),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    action       text NOT NULL CHECK (action IN ('first', 'tightened', 'accepted')),
    reason       text NOT NULL CHECK (reason <> ''),
    code_version text NOT NULL CHECK (code_version <> ''),
    set_at       timestamptz NOT NULL
);
COMMENT ON TABLE risk_limits IS 'The limits that runs went by; the last row is in force. Rows are only added.';
COMMENT ON COLUMN risk_limits.action IS 'accepted: looser than before, and said so by a person.';
