-- How busy the GPU of a training session was, by whose word, and how long trainings took: what decides whether a GPU pays.
ALTER TABLE training_sessions
    ADD COLUMN gpu_busy_share double precision CHECK (gpu_busy_share BETWEEN 0 AND 1),
    ADD COLUMN gpu_busy_source text NOT NULL DEFAULT '',
    ADD CHECK ((gpu_busy_share IS NULL) = (gpu_busy_source = ''));
COMMENT ON COLUMN training_sessions.gpu_busy_share IS
    'Share of the training in which a kernel ran on the GPU, as sampled on its machine; NULL = nobody could tell.';
COMMENT ON COLUMN training_sessions.gpu_busy_source IS 'nvidia-smi, or simulated in a rehearsal.';

CREATE TABLE training_times (
    ensemble_id text NOT NULL CHECK (ensemble_id <> ''),
    trained_at  timestamptz NOT NULL,
    device      text NOT NULL CHECK (device <> ''),
    rows        bigint NOT NULL CHECK (rows > 0),
    seconds     double precision NOT NULL CHECK (seconds > 0),
    PRIMARY KEY (ensemble_id, trained_at)
);
CREATE INDEX training_times_latest ON training_times (trained_at DESC);
COMMENT ON TABLE training_times IS
    'How long each training took: search, judgement and fits, on which device. Writer: who registers the ensemble.';
