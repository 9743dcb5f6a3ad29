"""Where Alpaca is, what its feeds are called and what its free plan allows, for settings as well as for clients.

Source:
    https://docs.alpaca.markets/docs/about-market-data-api
"""

from __future__ import annotations

from typing import Literal

BASE_URL = "https://data.alpaca.markets"
STREAM_URL = "wss://stream.data.alpaca.markets"
FREE_REQUESTS_PER_MIN = 200
AlpacaFeed = Literal["iex", "sip"]
"""One exchange, which the free plan has, or all of them."""
