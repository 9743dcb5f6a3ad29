"""What is known of each stock before a session: its own last days, its peers', the market's and what was tweeted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trading.arrays import Floats
from tune.movement.grid import PriceGrid
from tune.movement.peers import peer_returns
from tune.movement.protocol import WINDOW, movements
from tune.movement.rolling import across, deviation, lagged, mean
from tune.movement.tweets import Tweets

MONTH = 20
QUARTER = 60
Features = dict[str, Floats]
"""By name, each of shape `(n_sessions, n_symbols)`; NaN = unknown. Names begin with own, peer, market or tweet."""


def _days(name: str, values: Floats) -> Features:
    """The values of each session of the window, the last one first."""
    return {f"{name}_{back}": lagged(values, back) for back in range(WINDOW)}


def of_prices(grid: PriceGrid) -> Features:
    """Known at the close of each session; returns are in units of the stock's volatility of a month."""
    returns = movements(grid.adj_close)
    volatility = deviation(returns, MONTH)
    market = across(returns)
    centred, market_centred = returns - mean(returns, QUARTER), market - mean(market, QUARTER)
    beta = mean(centred * market_centred, QUARTER) / deviation(market, QUARTER) ** 2
    residual = returns - beta * market
    peers = peer_returns(residual) / volatility
    features = _own(grid, returns, volatility)
    features |= _days("own_residual", residual / volatility)
    features |= {f"own_strength_{n}": mean(residual, n) / volatility for n in (5, 10, MONTH)}
    features["own_beta"] = beta
    features |= {f"peer_return_{back}": lagged(peers, back) for back in range(3)}
    features["peer_less_own"] = peers - residual / volatility
    features |= _days("market_return", market / deviation(market, MONTH))
    features |= {f"market_trend_{n}": mean(market, n) / deviation(market, MONTH) for n in (5, 10, MONTH)}
    features["market_breadth"] = across(np.where(np.isfinite(returns), (returns > 0).astype(np.float64), np.nan))
    features["market_dispersion"] = np.sqrt(across((returns - market) ** 2))
    return features


def _own(grid: PriceGrid, returns: Floats, volatility: Floats) -> Features:
    gap = grid.open / lagged(grid.close, 1) - 1.0
    spread = grid.high - grid.low
    width = spread / grid.close
    place = (grid.close - grid.low) / np.where(spread > 0, spread, np.nan)
    volume = np.log(np.where(grid.volume > 0, grid.volume, np.nan))
    features = _days("own_return", returns / volatility)
    features |= _days("own_gap", gap / volatility)
    features |= _days("own_range", width / mean(width, MONTH))
    features |= _days("own_place", place)
    features |= _days("own_volume", volume - mean(volume, MONTH))
    features |= {f"own_trend_{n}": (grid.adj_close / mean(grid.adj_close, n) - 1.0) / volatility for n in (5, 10, 30)}
    features["own_volatility"] = volatility
    features["own_volatility_change"] = deviation(returns, 5) / volatility
    return features


def of_tweets(tweets: Tweets) -> Features:
    """Known before each session."""
    count = np.log1p(tweets.count)
    feeling = tweets.sentiment / (tweets.count + 2.0)
    everyone = np.broadcast_to(tweets.count.sum(axis=1, keepdims=True), count.shape)
    mood = np.broadcast_to(tweets.sentiment.sum(axis=1, keepdims=True), count.shape) / (everyone + 5.0)
    features = _days("tweet_volume", count - mean(count, MONTH)) | _days("tweet_sentiment", feeling)
    features["tweet_balance"] = (tweets.bullish - tweets.bearish) / (tweets.count + 2.0)
    features["tweet_sentiment_week"] = mean(feeling, WINDOW)
    features["tweet_sentiment_change"] = feeling - mean(feeling, MONTH)
    features["tweet_mood"] = mood.copy()
    features["tweet_mood_change"] = mood - mean(mood, MONTH)
    features["tweet_volume_of_all"] = np.log1p(everyone) - mean(np.log1p(everyone), MONTH)
    return features


def before_each_session(grid: PriceGrid, tweets: Tweets | None) -> Mapping[str, Floats]:
    """All features, each row with what is known before that session; prices as of the close of the one before."""
    features = {name: lagged(values, 1) for name, values in of_prices(grid).items()}
    if tweets is not None:
        features |= of_tweets(tweets)
    weekday = (grid.sessions.astype(np.int64) + 3) % 7
    features["market_weekday"] = np.broadcast_to(weekday[:, None], grid.close.shape).astype(np.float64)
    return features
