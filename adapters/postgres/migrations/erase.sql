-- Everything the migrations made, gone; nothing else in the database is touched.
DROP TABLE IF EXISTS
    daily_checks, risk_limits,
    broker_account, broker_answers, broker_orders, broker_sessions, broker_executions, broker_status,
    broker_events, broker_adoptions, trading_controls,
    machine_events, training_plans, training_sessions,
    session_patterns, session_pattern_days,
    feed_sessions,
    regimes, vix_closes, vix_imports,
    news_coverage, news_sources, sentiment_scorers, news_sentiment, news_links, news_articles, news_imports,
    replay_sessions, equity, fills, orders, journal, service_health, scans, decisions, ensemble_members, ensembles, models,
    pattern_training_data, catalysts, instruments, bar_breaks, splits, dividends, bar_releases, bar_quarantine,
    bar_findings, bar_files, bar_import_parts, bar_corrections, bar_imports,
    bar_file_changes, storage_measurements, storage_events, schema_migrations;
DROP FUNCTION IF EXISTS fill_fits_order(), journal_continues(), quarantine_has_import(), refuse_change(), weights_add_up();
