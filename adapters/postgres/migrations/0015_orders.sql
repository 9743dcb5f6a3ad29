-- Orders of every kind: short sales, refusals, fees beside commission, partial fills, several bars a session.

ALTER TABLE orders DROP CONSTRAINT orders_side_check;
ALTER TABLE orders ADD CONSTRAINT orders_side_check
    CHECK (side IN ('buy', 'sell', 'sell_short', 'buy_to_cover') OR status = 'refused');
ALTER TABLE orders DROP CONSTRAINT orders_shares_check;
ALTER TABLE orders ADD CONSTRAINT orders_shares_check CHECK (shares > 0 OR status = 'refused');
ALTER TABLE orders ADD COLUMN decided_at timestamptz;
COMMENT ON COLUMN orders.decided_at IS 'Close of the bar that the order was made from.';

ALTER TABLE fills ADD COLUMN fees_cents bigint NOT NULL DEFAULT 0 CHECK (fees_cents >= 0);
ALTER TABLE fills ADD COLUMN filled_at timestamptz;
COMMENT ON COLUMN fills.fees_cents IS 'What regulators took, commission excluded.';
COMMENT ON COLUMN fills.filled_at IS 'Close of the bar in which it happened.';

-- An order made from a bar fills at the earliest on the next one, and never for more shares than were ordered.
CREATE OR REPLACE FUNCTION fill_fits_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered orders%ROWTYPE;
    filled  bigint;
BEGIN
    SELECT * INTO ordered FROM orders WHERE order_id = NEW.order_id;
    SELECT coalesce(sum(shares), 0) INTO filled FROM fills WHERE order_id = NEW.order_id;
    IF NEW.session < ordered.decided_session
        OR coalesce(NEW.filled_at <= ordered.decided_at, NEW.session <= ordered.decided_session) THEN
        RAISE EXCEPTION 'fill % of session % precedes the bar after its order', NEW.fill_id, NEW.session
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF filled + NEW.shares > ordered.shares THEN
        RAISE EXCEPTION 'fill % exceeds the % shares of its order', NEW.fill_id, ordered.shares
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
