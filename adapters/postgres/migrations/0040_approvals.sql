-- Orders that wait for the owner's yes: what was asked, and the one answer of each.
CREATE TABLE approval_requests (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session    date NOT NULL,
    account    text NOT NULL CHECK (account <> ''),
    asked_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    silence    text NOT NULL CHECK (silence IN ('place', 'hold')),
    UNIQUE (session, account)
);
CREATE TRIGGER approval_requests_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_requests
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE approval_requests IS
    'A list of openings that the owner is asked about. Its links are signed with a key of the data folder and kept nowhere. Writers: paper trading and execution.';
COMMENT ON COLUMN approval_requests.session IS 'At whose close the orders were decided.';
COMMENT ON COLUMN approval_requests.expires_at IS 'From then on no answer is taken.';
COMMENT ON COLUMN approval_requests.silence IS 'What becomes of orders without an answer.';

CREATE TABLE approval_orders (
    order_id    text PRIMARY KEY CHECK (order_id <> ''),
    number      bigint NOT NULL REFERENCES approval_requests,
    position    integer NOT NULL CHECK (position > 0),
    symbol      text NOT NULL CHECK (symbol <> ''),
    side        text NOT NULL CHECK (side IN ('buy', 'sell_short')),
    shares      bigint NOT NULL CHECK (shares > 0),
    about_cents bigint CHECK (about_cents >= 0),
    reason      text NOT NULL,
    UNIQUE (number, position)
);
CREATE TRIGGER approval_orders_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_orders
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE approval_orders IS 'The orders of a list. Only openings: exits are never asked about. Writers: as the lists.';
COMMENT ON COLUMN approval_orders.about_cents IS 'At the close that it was decided at; NULL = not known.';

CREATE TABLE approval_answers (
    order_id    text PRIMARY KEY REFERENCES approval_orders,
    verdict     text NOT NULL CHECK (verdict IN ('yes', 'no')),
    who         text NOT NULL CHECK (who <> ''),
    reason      text NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE TRIGGER approval_answers_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE approval_answers IS
    'The one answer of each order; silence = nobody answered in time. Writers: the HTTP interface, `inplay approve`, and for silence paper trading and execution.';
