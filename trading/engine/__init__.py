"""The one engine of backtest, replay, paper and live: pure, columnar, deterministic."""
