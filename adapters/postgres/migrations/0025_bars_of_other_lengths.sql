-- Bars of 2 minutes to an hour are kept beside minutes, as what they are.
ALTER TABLE bar_files DROP CONSTRAINT bar_files_timeframe_check,
    ADD CONSTRAINT bar_files_timeframe_check CHECK (timeframe IN ('1d', '1h', '30m', '15m', '10m', '5m', '2m', '1m'));
ALTER TABLE bar_imports DROP CONSTRAINT bar_imports_timeframe_check,
    ADD CONSTRAINT bar_imports_timeframe_check CHECK (timeframe IN ('1d', '1h', '30m', '15m', '10m', '5m', '2m', '1m'));
ALTER TABLE bar_quarantine DROP CONSTRAINT bar_quarantine_timeframe_check,
    ADD CONSTRAINT bar_quarantine_timeframe_check
    CHECK (timeframe IN ('1d', '1h', '30m', '15m', '10m', '5m', '2m', '1m'));
ALTER TABLE bar_corrections DROP CONSTRAINT bar_corrections_timeframe_check,
    ADD CONSTRAINT bar_corrections_timeframe_check
    CHECK (timeframe IN ('1d', '1h', '30m', '15m', '10m', '5m', '2m', '1m'));
