-- What a live feed sent in a session and what became of it, and the same session asked for again from its history.
CREATE TABLE feed_sessions (
    feed            text NOT NULL CHECK (feed <> ''),
    session         date NOT NULL,
    spool_sha256    text NOT NULL CHECK (spool_sha256 ~ '^[0-9a-f]{64}$'),
    import_id       bigint NOT NULL REFERENCES bar_imports,
    bars_received   bigint NOT NULL CHECK (bars_received >= 0),
    bars_duplicate  bigint NOT NULL CHECK (bars_duplicate >= 0),
    bars_spooled    bigint NOT NULL CHECK (bars_spooled >= 0),
    bars_superseded bigint NOT NULL CHECK (bars_superseded BETWEEN 0 AND bars_spooled),
    bars_late       bigint NOT NULL CHECK (bars_late BETWEEN 0 AND bars_spooled),
    bars_filled     bigint NOT NULL CHECK (bars_filled BETWEEN 0 AND bars_spooled),
    messages_unread bigint NOT NULL CHECK (messages_unread >= 0),
    rows_stored     bigint NOT NULL CHECK (rows_stored >= 0),
    rows_quarantined bigint NOT NULL CHECK (rows_quarantined >= 0),
    rows_duplicate  bigint NOT NULL CHECK (rows_duplicate >= 0),
    closed_at       timestamptz NOT NULL,
    checked_at      timestamptz,
    checked_rows    bigint CHECK (checked_rows >= 0),
    checked_same    bigint CHECK (checked_same >= 0),
    checked_missing bigint CHECK (checked_missing >= 0),
    checked_differ  bigint CHECK (checked_differ >= 0),
    days_stored     bigint CHECK (days_stored >= 0),
    problem         text CHECK (problem <> ''),
    PRIMARY KEY (feed, session, spool_sha256),
    CONSTRAINT no_bar_is_lost CHECK (bars_received = bars_spooled + bars_duplicate),
    CONSTRAINT no_spooled_bar_is_lost CHECK
        (bars_spooled - bars_superseded + messages_unread = rows_stored + rows_quarantined + rows_duplicate),
    CHECK (num_nulls(checked_rows, checked_same, checked_missing, checked_differ) IN (0, 4)),
    CHECK (checked_rows IS NULL OR checked_at IS NOT NULL)
);
COMMENT ON TABLE feed_sessions IS 'Live bars of a session, counted from the feed to the record. Writer: ingestion.';
COMMENT ON COLUMN feed_sessions.checked_missing IS 'Bars that the feed''s history has and its stream had not sent; stored by the check.';
COMMENT ON COLUMN feed_sessions.checked_differ IS 'Bars that the history gives other values; stored as corrections.';
