CREATE TABLE news_imports (
    import_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL CHECK (source <> ''),
    channel     text NOT NULL CHECK (channel IN ('news', 'social')),
    rows_in     bigint NOT NULL,
    stored      bigint NOT NULL CHECK (stored >= 0),
    duplicate   jsonb NOT NULL CHECK (jsonb_typeof(duplicate) = 'object'),
    refused     jsonb NOT NULL CHECK (jsonb_typeof(refused) = 'object'),
    flagged     jsonb NOT NULL CHECK (jsonb_typeof(flagged) = 'object'),
    imported_at timestamptz NOT NULL
);
COMMENT ON TABLE news_imports IS 'What became of each row of each import: stored, duplicate or refused, by reason. Writer: news.';

CREATE TABLE news_articles (
    article_id    text PRIMARY KEY CHECK (article_id ~ '^[0-9a-f]{64}$'),
    source        text NOT NULL CHECK (source <> ''),
    channel       text NOT NULL CHECK (channel IN ('news', 'social')),
    published_at  timestamptz NOT NULL,
    knowable_at   timestamptz NOT NULL,
    headline      text CHECK (headline <> ''),
    body          text CHECK (body <> ''),
    url           text CHECK (url <> ''),
    catalyst_kind text NOT NULL CHECK (catalyst_kind IN ('fda_clinical', 'merger', 'offering', 'guidance', 'earnings',
        'analyst_action', 'contract', 'legal', 'management', 'other')),
    duplicate_of  text REFERENCES news_articles DEFERRABLE INITIALLY DEFERRED,
    flags         text[] NOT NULL,
    import_id     bigint NOT NULL REFERENCES news_imports,
    CONSTRAINT has_text CHECK (num_nonnulls(headline, body) > 0),
    CONSTRAINT known_after_publication CHECK (knowable_at >= published_at),
    CONSTRAINT not_its_own_copy CHECK (duplicate_of <> article_id)
);
CREATE INDEX news_articles_known ON news_articles (knowable_at);
COMMENT ON TABLE news_articles IS 'article_id: SHA-256 of source, time and text. duplicate_of: the earlier article whose story it repeats. Writer: news.';

CREATE TABLE news_links (
    article_id text NOT NULL REFERENCES news_articles,
    symbol     text NOT NULL CHECK (symbol <> ''),
    how        text NOT NULL CHECK (how IN ('given', 'exchange', 'cashtag', 'ticker', 'name')),
    PRIMARY KEY (article_id, symbol)
);
CREATE INDEX news_links_by_symbol ON news_links (symbol);
COMMENT ON TABLE news_links IS 'Which companies an article is about, and what told it. Writer: news.';

CREATE TABLE news_sentiment (
    article_id text NOT NULL REFERENCES news_articles,
    scorer     text NOT NULL CHECK (scorer <> ''),
    score      double precision NOT NULL CHECK (score BETWEEN -1 AND 1),
    PRIMARY KEY (article_id, scorer)
);
COMMENT ON TABLE news_sentiment IS 'An article without a readable word has none. Writer: news.';
