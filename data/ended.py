"""The histories that breaks ended, analysed as the history up to now is, so that nothing of them vanishes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import pyarrow as pa

from data.known_at import Known
from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.ended import ended_panels
from trading.bars.panel import Panel
from trading.cycle.stages import Market, Patterns, analyse, recognise


def ended_markets(known: Known, symbols: Collection[str] | None = None) -> Iterator[Market]:
    """One market for each depth of breaks: that of the stretches before the latest, the one before it, and so on.

    Args:
        known: at the close of the last session looked at.
        symbols: only these and their market; all if None.
    """
    if known.breaks:
        yield from markets_that_ended(
            known.bars(symbols), known.splits, known.breaks, known.session, vix=known.vix, sectors=known.sectors
        )


def markets_that_ended(
    bars: pa.Table, splits: Sequence[Split], breaks: Sequence[Break], session: date, *,
    vix: tuple[Days, Floats] | None = None, sectors: Mapping[str, str] | None = None,
) -> Iterator[Market]:  # fmt: skip
    """The same of bars, splits and breaks as known at the close of the session."""
    panels = ended_panels(Panel.from_arrow(bars), splits, breaks, session)
    return (analyse(panel, vix=vix, sectors=sectors, endings=endings) for panel, endings in panels)


def ended_histories(known: Known) -> Iterator[tuple[Market, Patterns]]:
    """The same with patterns and catalysts; only rows of the symbols that a break ended are of interest in each.

    None is held here while the next is made.
    """

    def recognised(market: Market) -> tuple[Market, Patterns]:
        return market, recognise(market, known.events, known.news_at(market.panel))

    return map(recognised, ended_markets(known))


def with_a_break_since(known: Known, patterns: pa.Table) -> list[str]:
    """The symbols of which a break took effect after the session of one of these patterns.

    Args:
        known: at the close of the last session looked at.
        patterns: columns symbol and session.
    """
    first: dict[str, date] = {}
    for symbol, session in zip(*(patterns.column(name).to_pylist() for name in ("symbol", "session")), strict=True):
        first[symbol] = min(first.get(symbol, session), session)
    return sorted({cut.symbol for cut in known.breaks if cut.symbol in first and cut.session > first[cut.symbol]})
