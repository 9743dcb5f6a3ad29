CREATE TABLE vix_imports (
    import_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL CHECK (source <> ''),
    rows_in     bigint NOT NULL,
    added       bigint NOT NULL CHECK (added >= 0),
    corrected   bigint NOT NULL CHECK (corrected >= 0),
    unchanged   bigint NOT NULL CHECK (unchanged >= 0),
    repeated    bigint NOT NULL CHECK (repeated >= 0),
    refused     jsonb NOT NULL CHECK (jsonb_typeof(refused) = 'object'),
    refused_sum bigint NOT NULL CHECK (refused_sum >= 0),
    imported_at timestamptz NOT NULL,
    CONSTRAINT no_vix_row_is_lost CHECK (rows_in = added + corrected + unchanged + repeated + refused_sum)
);
COMMENT ON TABLE vix_imports IS 'What became of each row of each import. Writer: inplay import vix.';

CREATE TABLE vix_closes (
    day         date NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    close       double precision NOT NULL CHECK (close > 0 AND close < 'Infinity'),
    source      text NOT NULL CHECK (source <> ''),
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (day, version)
);
CREATE TRIGGER vix_closes_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vix_closes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE vix_closes IS 'A corrected close is the next version of its day. Writer: inplay import vix.';

CREATE TABLE regimes (
    session           date PRIMARY KEY,
    trend             text CHECK (trend IN ('bull', 'bear', 'sideways')),
    volatility        text CHECK (volatility IN ('high', 'low')),
    volatility_source text CHECK (volatility_source IN ('VIX', 'realised')),
    volatility_points double precision CHECK (volatility_points >= 0 AND volatility_points < 'Infinity'),
    driver            text CHECK (driver IN ('catalysts', 'technical')),
    catalyst_share    double precision CHECK (catalyst_share BETWEEN 0 AND 1),
    leaders           text[] NOT NULL,
    laggards          text[] NOT NULL,
    sector_dispersion double precision CHECK (sector_dispersion >= 0 AND sector_dispersion < 'Infinity'),
    words             text NOT NULL CHECK (words <> ''),
    CONSTRAINT volatility_has_a_source CHECK (num_nonnulls(volatility, volatility_source, volatility_points) IN (0, 3))
);
COMMENT ON TABLE regimes IS 'The regime at each close; decisions join it by session. The first one recorded stays. Writer: technical analysis.';
COMMENT ON COLUMN regimes.volatility_points IS 'What it was judged by: the VIX of the day before, or 100 x realised volatility.';
