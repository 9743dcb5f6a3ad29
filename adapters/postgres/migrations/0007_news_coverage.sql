-- From when on a source was followed, so that "no news" and "nobody looked" are told apart.
CREATE TABLE news_sources (
    source          text PRIMARY KEY CHECK (source <> ''),
    channel         text NOT NULL CHECK (channel IN ('news', 'social')),
    symbols         text[] CHECK (array_position(symbols, NULL) IS NULL),
    mark            text,
    articles        bigint NOT NULL DEFAULT 0 CHECK (articles >= 0),
    last_success_at timestamptz,
    last_error      text CHECK (last_error <> ''),
    last_error_at   timestamptz,
    CHECK ((last_error IS NULL) = (last_error_at IS NULL))
);
COMMENT ON TABLE news_sources IS 'What is followed: where the next fetch goes on (mark), and how the last ones went. Writer: news.';
COMMENT ON COLUMN news_sources.symbols IS 'Companies whose news it carries in full: NULL = of the whole market, empty = of none.';

CREATE TABLE news_coverage (
    source         text NOT NULL REFERENCES news_sources,
    followed_from  timestamptz NOT NULL,
    followed_until timestamptz NOT NULL,
    complete_from  timestamptz NOT NULL,
    PRIMARY KEY (source, followed_from),
    CHECK (complete_from <= followed_from AND followed_from <= followed_until)
);
COMMENT ON TABLE news_coverage IS 'Spans in which a source was heard again and again; complete_from: nothing was missed since. Writer: news.';

-- Catalysts from news beside those of the calendar.
ALTER TABLE catalysts DROP CONSTRAINT catalysts_kind_check;
ALTER TABLE catalysts ADD CONSTRAINT catalysts_kind_check CHECK (kind IN ('fda_clinical', 'merger', 'offering',
    'guidance', 'earnings', 'analyst_action', 'contract', 'legal', 'management', 'other'));
ALTER TABLE catalysts ADD COLUMN origin text NOT NULL DEFAULT 'calendar' CHECK (origin IN ('calendar', 'news'));
ALTER TABLE catalysts DROP CONSTRAINT catalysts_pkey;
ALTER TABLE catalysts ADD PRIMARY KEY (symbol, event_date, kind, source, origin);
COMMENT ON COLUMN catalysts.origin IS 'calendar: a day that a source of dates names. news: the first story of that kind and day.';
