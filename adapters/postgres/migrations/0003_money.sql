-- The journal is the record; orders, fills and equity are its readable side, written in the same transaction.

CREATE TABLE journal (
    seq        bigint PRIMARY KEY CHECK (seq > 0),
    session    date NOT NULL,
    kind       text NOT NULL CHECK (kind <> ''),
    command_id text NOT NULL UNIQUE CHECK (command_id <> ''),
    book       text NOT NULL CHECK (book <> ''),
    body       text NOT NULL,
    prev_hash  text NOT NULL CHECK (prev_hash ~ '^[0-9a-f]{64}$'),
    hash       text NOT NULL UNIQUE,
    CONSTRAINT hash_is_of_this_body CHECK (hash = encode(sha256(convert_to(prev_hash || body, 'UTF8')), 'hex'))
);
CREATE INDEX journal_by_session ON journal (session);
COMMENT ON TABLE journal IS 'Append-only, each entry bound to the one before. Writer: paper trading.';

CREATE FUNCTION journal_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq  bigint;
    last_hash text;
BEGIN
    SELECT seq, hash INTO last_seq, last_hash FROM journal ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.prev_hash <> coalesce(last_hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'journal entry % does not continue entry %', NEW.seq, coalesce(last_seq, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER journal_continues BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_continues();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE orders (
    order_id        text PRIMARY KEY CHECK (order_id <> ''),
    book            text NOT NULL CHECK (book <> ''),
    symbol          text NOT NULL CHECK (symbol <> ''),
    side            text NOT NULL CHECK (side IN ('buy', 'sell')),
    shares          bigint NOT NULL CHECK (shares > 0),
    kind            text NOT NULL CHECK (kind <> ''),
    decided_session date NOT NULL,
    status          text NOT NULL CHECK (status IN ('open', 'filled', 'refused', 'cancelled', 'expired')),
    reason          text NOT NULL,
    closed_reason   text,
    UNIQUE (order_id, book, symbol, side)
);
CREATE INDEX orders_by_book ON orders (book, decided_session);
COMMENT ON TABLE orders IS 'decided_session: the order was made from the bar of this session. Writer: paper trading.';

CREATE TABLE fills (
    fill_id          text PRIMARY KEY CHECK (fill_id <> ''),
    order_id         text NOT NULL,
    book             text NOT NULL,
    symbol           text NOT NULL,
    side             text NOT NULL,
    shares           bigint NOT NULL CHECK (shares > 0),
    price_usd_e4     bigint NOT NULL CHECK (price_usd_e4 > 0),
    commission_cents bigint NOT NULL CHECK (commission_cents >= 0),
    slippage_usd_e4  bigint NOT NULL,
    session          date NOT NULL,
    FOREIGN KEY (order_id, book, symbol, side) REFERENCES orders (order_id, book, symbol, side)
);
CREATE INDEX fills_by_book ON fills (book, session);
CREATE TRIGGER fills_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fills
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN fills.price_usd_e4 IS 'Price per share in 1/10,000 USD, slippage included.';
COMMENT ON TABLE fills IS 'Writer: paper trading.';

-- An order made from a bar fills at the earliest on the next one, and never for more shares than were ordered.
CREATE FUNCTION fill_fits_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered orders%ROWTYPE;
    filled  bigint;
BEGIN
    SELECT * INTO ordered FROM orders WHERE order_id = NEW.order_id;
    SELECT coalesce(sum(shares), 0) INTO filled FROM fills WHERE order_id = NEW.order_id;
    IF NEW.session <= ordered.decided_session THEN
        RAISE EXCEPTION 'fill % of session % precedes the session after its order', NEW.fill_id, NEW.session
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF filled + NEW.shares > ordered.shares THEN
        RAISE EXCEPTION 'fill % exceeds the % shares of its order', NEW.fill_id, ordered.shares
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE INDEX fills_by_order ON fills (order_id);
CREATE TRIGGER fill_fits_order BEFORE INSERT ON fills FOR EACH ROW EXECUTE FUNCTION fill_fits_order();

CREATE TABLE equity (
    book            text NOT NULL CHECK (book <> ''),
    session         date NOT NULL,
    cash_cents      bigint NOT NULL,
    positions_cents bigint NOT NULL,
    equity_cents    bigint NOT NULL,
    PRIMARY KEY (book, session),
    CHECK (equity_cents = cash_cents + positions_cents)
);
COMMENT ON TABLE equity IS 'At the close of session, positions at market. Writer: paper trading.';

CREATE TABLE replay_sessions (
    session        date PRIMARY KEY,
    command_id     text NOT NULL UNIQUE CHECK (command_id <> ''),
    stocks_in_play integer NOT NULL CHECK (stocks_in_play >= 0),
    completed_at   timestamptz NOT NULL
);
COMMENT ON TABLE replay_sessions IS 'Sessions whose orders, fills and equity are on record. Writer: paper trading.';
