"""Which features of a setup a model may see, and why not all."""

from __future__ import annotations

from trading.catalysts.features import CATALYST_FEATURES
from trading.views.setups import FEATURES

_RESTATED = ("gap_percentage", "volume_confirmation")
"""`gap_pct` and `volume_ratio_20` by the strategy's names: a column that stands twice is only drawn twice as often."""
CATALYST = (
    "has_catalyst", "sessions_since_event", *(name for name in CATALYST_FEATURES if name not in _RESTATED),
)  # fmt: skip
"""What news and earnings days tell."""
_MARKET = (
    "direction", "market_trend", "market_return_1", "market_return_5", "realised_volatility_20", "breadth",
    "dispersion", "market_volatility", "market_driver",
)  # fmt: skip
"""One value a session: in half a year they take some hundred distinct values, and a model memorises which sessions were
good. On the folds of the bundled sample's training part they raised the log loss of the boosters from 0.71 to 0.73.
The setups' other features stand relative to direction and universe, and the rules see the trend."""

GOOD_NEWS = (("news_sentiment_score", 1), ("catalyst_score", 1))
"""Better news for the setup's direction never lowers what a model expects of it, all else equal. No other feature must
work one way in every market: volume, gaps and momentum have been followed by more of the same and by the reverse."""

_SECTOR = ("sector_strength_20", "strength_in_sector_20")
"""Measured on the sample's training part, three seeds, both parameter sets of each model, loss on the folds and on
the held-out quarter. The sector's strength made the held-out loss of five of six worse, by up to 0.003. The strength in
the sector made that of five of six better and the folds of three worse, by 0.002 at most either way: too little to
tell from chance on one quarter, so neither is taken in."""

WITHIN_SESSION = tuple(name for name in FEATURES if name not in (*_MARKET, *_SECTOR, *_RESTATED))
"""Everything that differs between the setups of one session, but for the sector features."""
