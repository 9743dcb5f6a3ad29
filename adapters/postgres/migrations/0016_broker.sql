-- What a broker told, what of its account was adopted as it was found, and the orders of people to the trading.

CREATE TABLE broker_events (
    seq          bigint PRIMARY KEY CHECK (seq > 0),
    event_id     text NOT NULL UNIQUE CHECK (event_id <> ''),
    order_id     text NOT NULL,
    broker_id    text NOT NULL CHECK (broker_id <> ''),
    symbol       text NOT NULL CHECK (symbol <> ''),
    side         text NOT NULL CHECK (side IN ('buy', 'sell', 'sell_short', 'buy_to_cover')),
    kind         text NOT NULL CHECK (kind IN ('accepted', 'refused', 'filled', 'cancelled', 'expired', 'replaced')),
    happened_at  timestamptz NOT NULL,
    shares       bigint NOT NULL CHECK (shares > 0 OR (kind <> 'filled' AND shares = 0)),
    price_usd_e4 bigint NOT NULL CHECK (price_usd_e4 > 0 OR (kind <> 'filled' AND price_usd_e4 = 0)),
    fees_cents   bigint NOT NULL CHECK (fees_cents >= 0),
    reason       text NOT NULL
);
COMMENT ON TABLE broker_events IS 'Each event of a broker''s account once, in the order in which it was heard of.';
COMMENT ON COLUMN broker_events.order_id IS 'Ours; empty for an order that was made elsewhere.';

CREATE TABLE broker_adoptions (
    seq          bigint PRIMARY KEY CHECK (seq > 0),
    subject      text NOT NULL CHECK (subject IN ('cash', 'position')),
    symbol       text NOT NULL CHECK ((symbol = '') = (subject = 'cash')),
    change       bigint NOT NULL CHECK (change <> 0),
    reason       text NOT NULL CHECK (reason <> ''),
    adopted_at   timestamptz NOT NULL
);
COMMENT ON COLUMN broker_adoptions.change IS 'Cents of cash, or shares of a position.';

CREATE TABLE trading_controls (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action       text NOT NULL CHECK (action IN
        ('arm', 'disarm', 'suspend', 'resume', 'kill', 'withheld', 'unreconciled', 'reconciled')),
    actor        text NOT NULL CHECK (actor <> ''),
    reason       text NOT NULL CHECK (reason <> ''),
    limit_cents  bigint CHECK (limit_cents > 0),
    expires_at   timestamptz,
    given_at     timestamptz NOT NULL,
    CHECK ((action = 'arm') = (limit_cents IS NOT NULL AND expires_at IS NOT NULL)),
    CHECK (expires_at IS NULL OR expires_at > given_at)
);
COMMENT ON TABLE trading_controls IS 'The state of trading is a fold of these rows; none is ever changed.';
