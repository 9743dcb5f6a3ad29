-- Whose sentiment counts: the scorer chosen last; the lexicon before the first choice.

CREATE TABLE sentiment_scorers (
    choice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scorer    text NOT NULL CHECK (scorer <> ''),
    folder    text NOT NULL,
    chosen_at timestamptz NOT NULL
);
COMMENT ON TABLE sentiment_scorers IS 'Append-only. folder: of the model, empty for the lexicon. Writer: inplay news sentiment.';
