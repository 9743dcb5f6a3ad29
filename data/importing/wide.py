"""Tables with a column a symbol: told by the names of their columns, with a line of pandas that makes them long."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.importing.columns import KNOWN
from data.importing.formats import plain_name
from data.importing.tables import LONG

PRICES = ("open", "high", "low", "close")
FIELD_WORDS = frozenset(alias for name in (*PRICES, "volume") for alias in KNOWN[name] if len(alias) > 1) | {"adjclose"}
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,4}([.-][A-Z]{1,2})?")
_MARKS = "_.:- "
MANY = 10
"""Columns named like symbols, beside which O, H, L, C and V are symbols as well."""
FIVE = (
    'pd.concat({f: pd.read_csv(f"{f}.csv", index_col=0).stack(future_stack=True) for f in ("open", "high", "low", '
    f'"close", "volume")}}, axis=1).dropna(how="all"){LONG}'
)


def wide_table(names: Sequence[str], found: dict[str, str]) -> str:
    """What to do with a table that has a column a symbol, or several; empty for another.

    Args:
        names: of its columns.
        found: the column of each field that seems to be there.
    """
    return _a_field_and_a_symbol(names) or _a_symbol(names, found)


def _a_symbol(names: Sequence[str], found: dict[str, str]) -> str:
    tickers = [name for name in names if _TICKER.fullmatch(name.strip()) and plain_name(name) not in FIELD_WORDS]
    named = [found[name] for name in PRICES if name in found]
    lacking = len(named) <= 1 or (len(tickers) >= MANY and all(len(name) == 1 for name in named))
    times = {alias for alias in KNOWN["time"] if len(alias) > 1}
    tickers = [name for name in tickers if plain_name(name) not in times]
    if not lacking or len(tickers) < 2 or 2 * len(tickers) < len(names) - 1:  # noqa: PLR2004 - several
        return ""
    return (
        f"the table is wide: it has a column a symbol ({_some(tickers)}) with one number a day, and a bar needs open, "
        "high, low, close and volume. Nothing of it was stored. Where each of the five is such a table, open.csv to "
        f"volume.csv, this makes them one that can be imported: import pandas as pd; {FIVE}"
    )


def _a_field_and_a_symbol(names: Sequence[str]) -> str:
    """Columns such as AAPL_Open or Close MSFT."""
    for mark in _MARKS:
        for field_first in (False, True):
            pairs = [name.split(mark, 1) if field_first else name.rsplit(mark, 1) for name in names if mark in name]
            pairs = [pair for pair in pairs if plain_name(pair[0 if field_first else 1]) in FIELD_WORDS]
            symbols = list(dict.fromkeys(pair[1 if field_first else 0] for pair in pairs))
            if len(symbols) > 1 and len(pairs) >= 2 * len(symbols) and len(pairs) >= len(names) - 2:
                return _of_both(pairs[0], symbols, mark, field_first=field_first)
    return ""


def _of_both(pair: list[str], symbols: list[str], mark: str, *, field_first: bool) -> str:
    split, level = ("split", 1) if field_first else ("rsplit", 0)
    return (
        f"the table is wide: it has columns for each symbol ({_some(symbols)}), such as {mark.join(pair)!r}. Nothing "
        "of it was stored. This makes it one that can be imported: import pandas as pd; d = "
        f'pd.read_csv("wide.csv", index_col=0); d.columns = d.columns.str.{split}({mark!r}, n=1, expand=True); '
        f'd.stack({level}, future_stack=True).dropna(how="all"){LONG}'
    )


def _some(symbols: Sequence[str]) -> str:
    return ", ".join(symbols[:3]) + (", …" if len(symbols) > 3 else "")  # noqa: PLR2004 - enough to know them
