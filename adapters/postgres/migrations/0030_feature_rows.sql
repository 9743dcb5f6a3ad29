-- The feature rows that models scored are kept in the tiers, beside the bars; a daily check computes some of them again.
CREATE TABLE feature_schemas (
    schema_hash text PRIMARY KEY CHECK (schema_hash ~ '^[0-9a-f]{64}$'),
    version     integer NOT NULL CHECK (version > 0),
    names       text[] NOT NULL CHECK (cardinality(names) > 0)
);
COMMENT ON TABLE feature_schemas IS
    'What feature rows consist of: the features in their order, and which version of the code computed them. Writer: pattern analysis.';

ALTER TABLE bar_files
    ADD COLUMN feature_schema text REFERENCES feature_schemas,
    DROP CONSTRAINT bar_files_timeframe_check,
    ADD CONSTRAINT bar_files_timeframe_check
    CHECK (timeframe IN ('1d', '1h', '30m', '15m', '10m', '5m', '2m', '1m', 'features')),
    ADD CONSTRAINT feature_rows_have_a_schema CHECK ((timeframe = 'features') = (feature_schema IS NOT NULL));
COMMENT ON TABLE bar_files IS
    'The manifest of the Parquet tiers; path is relative to the data folder. Writers: ingestion, of bars; pattern analysis, of feature rows.';

ALTER TABLE daily_checks DROP CONSTRAINT daily_checks_kind_check,
    ADD CONSTRAINT daily_checks_kind_check CHECK (kind IN ('parity', 'lookahead', 'features'));
