-- The book at a broker: what was ordered before it was sent, what became of sending it, and the book at each close.

CREATE TABLE broker_account (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    broker     text NOT NULL CHECK (broker <> ''),
    account_id text NOT NULL CHECK (account_id <> ''),
    since      timestamptz NOT NULL
);
COMMENT ON TABLE broker_account IS 'Whose events these are: another account''s would be added to the same book. Writer: execution.';

CREATE TABLE broker_orders (
    seq           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_id      text PRIMARY KEY CHECK (order_id <> ''),
    session       date NOT NULL,
    purpose       text NOT NULL CHECK (purpose IN ('open', 'exit', 'protect')),
    entry_id      text NOT NULL CHECK ((entry_id = '') = (purpose = 'open')),
    symbol        text NOT NULL CHECK (symbol <> ''),
    side          text NOT NULL CHECK (side IN ('buy', 'sell', 'sell_short', 'buy_to_cover')),
    shares        bigint NOT NULL CHECK (shares > 0),
    limit_usd_e4  bigint NOT NULL CHECK (limit_usd_e4 >= 0),
    stop_usd_e4   bigint NOT NULL CHECK (stop_usd_e4 >= 0),
    target_usd_e4 bigint NOT NULL CHECK (target_usd_e4 >= 0),
    hold_sessions integer NOT NULL CHECK (hold_sessions >= 0),
    reason        text NOT NULL,
    recorded_at   timestamptz NOT NULL
);
CREATE TRIGGER broker_orders_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON broker_orders
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE broker_orders IS 'On record before it is sent; its id is the broker''s client order id. Writer: execution.';
COMMENT ON COLUMN broker_orders.session IS 'It was made from the bar of this session.';
COMMENT ON COLUMN broker_orders.entry_id IS 'The opening whose position it ends or protects.';

CREATE TABLE broker_answers (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    text NOT NULL REFERENCES broker_orders,
    answer      text NOT NULL CHECK (answer IN ('accepted', 'refused', 'unknown', 'withheld', 'lost', 'ended')),
    reason      text NOT NULL,
    answered_at timestamptz NOT NULL,
    CHECK (answer = 'accepted' OR reason <> '')
);
CREATE INDEX broker_answers_by_order ON broker_answers (order_id);
CREATE TRIGGER broker_answers_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON broker_answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE broker_answers IS 'How sending an order ended; the latest counts. Withheld: it was never sent. Writer: execution.';

CREATE TABLE broker_sessions (
    session         date PRIMARY KEY,
    cash_cents      bigint NOT NULL,
    positions_cents bigint NOT NULL,
    equity_cents    bigint NOT NULL CHECK (equity_cents = cash_cents + positions_cents),
    symbols         text[] NOT NULL,
    exposure_cents  jsonb NOT NULL CHECK (jsonb_typeof(exposure_cents) = 'object'),
    unpriced        text[] NOT NULL,
    scale           double precision NOT NULL CHECK (scale BETWEEN 0 AND 1),
    scale_reason    text NOT NULL,
    reconciled      boolean NOT NULL,
    settled_at      timestamptz NOT NULL
);
CREATE TRIGGER broker_sessions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON broker_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE broker_sessions IS 'The book as the decisions of session saw it, positions at its closes. Writer: execution.';
COMMENT ON COLUMN broker_sessions.scale IS 'What its losses allowed of new positions, as decided then.';
COMMENT ON COLUMN broker_sessions.reconciled IS 'False: the broker could not be asked, so these are the books of before.';
COMMENT ON COLUMN broker_sessions.unpriced IS 'Held without a known price: counted as nothing.';

CREATE TABLE broker_executions (
    session     date PRIMARY KEY,
    orders      integer NOT NULL CHECK (orders >= 0),
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE broker_executions IS 'Sessions whose orders are on record, sent or not. Writer: execution.';

CREATE TABLE broker_status (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    broker        text NOT NULL,
    connected     boolean NOT NULL,
    listening     boolean NOT NULL,
    detail        text NOT NULL,
    open_orders   integer CHECK (open_orders >= 0),
    reconciled_at timestamptz,
    looked_at     timestamptz NOT NULL
);
COMMENT ON TABLE broker_status IS 'How the latest look at the broker''s account ended. Writer: execution.';

ALTER TABLE broker_adoptions DROP CONSTRAINT broker_adoptions_subject_check;
ALTER TABLE broker_adoptions ADD CONSTRAINT broker_adoptions_subject_check
    CHECK (subject IN ('cash', 'position', 'order'));
ALTER TABLE broker_adoptions ADD COLUMN broker_id text NOT NULL DEFAULT '';
ALTER TABLE broker_adoptions ADD CONSTRAINT broker_adoptions_broker_id_check
    CHECK ((broker_id <> '') = (subject = 'order'));
CREATE UNIQUE INDEX broker_adoptions_by_order ON broker_adoptions (broker_id) WHERE broker_id <> '';
COMMENT ON COLUMN broker_adoptions.broker_id IS 'The broker''s own id of an open order that was made elsewhere.';
