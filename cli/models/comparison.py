"""The comparison of versions, rules and accounts as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.figures import percent, with_interval
from cli.models.printing import acted_lines
from research.models.comparing import AccountCompared, Comparison, PeriodCompared, VersionCompared
from trading.evidence.calls import CallFigures, Gap
from trading.performance.estimate import Estimate

HEAD = ("calls", "sessions", "judged right", "calls that made money", "false positives", "net return of a call")
WIDTHS = (6, 10, 26, 26, 26, 28)
BRACKETS = "brackets: 95 % intervals; blocks of five whole sessions are drawn"
FEWER = "false positives: the difference is relative; the strategy hopes for -50 %"


def comparison_lines(told: Comparison) -> Iterator[str]:
    """Each version beside the rules, then the accounts."""
    if not told.versions and not told.accounts:
        yield "nothing to compare yet: no setup was scored and no account is open; `inplay run` does both"
        return
    for version in told.versions:
        yield from _version(version)
    if told.accounts:
        yield from _accounts(told)
    if told.acted:
        yield "rules of model risk that acted on what these versions said:"
        yield from acted_lines(told.acted)
        yield ""
    if told.looks:
        yield told.looks
    yield BRACKETS
    yield FEWER


def over_time_lines(told: Sequence[PeriodCompared]) -> Iterator[str]:
    """The accounts in each calendar period, on the same candidates."""
    if not told:
        yield "nothing to compare yet: no candidate that every account decided on has an outcome"
        return
    for period in told:
        yield f"{period.period}: {period.candidates:,} setups in play"
        yield _row("", HEAD)
        for one in period.accounts:
            yield from _calls(one.account, one.calls)
            if one.less_rules is not None and one.calls.calls:
                yield from _gap("  less rules", one.less_rules)
        yield ""
    yield BRACKETS
    yield FEWER


def _version(told: VersionCompared) -> Iterator[str]:
    yield (
        f"{told.ensemble_id} ({told.role}) beside the rules on the same {told.candidates:,} setups in play"
        f"{_reach(told.first_session, told.last_session)}; {told.open:,} without a known outcome, "
        f"{told.unanswered:,} without an answer"
    )
    yield _row("", HEAD)
    yield from _calls("ensemble", told.calls)
    yield from _calls("rules", told.rules)
    yield from _gap("difference", told.less_rules)
    yield ""


def _accounts(told: Comparison) -> Iterator[str]:
    yield (
        f"what the accounts wanted to buy of the same {told.candidates:,} setups in play"
        f"{_reach(told.first_session, told.last_session)}"
    )
    yield _row("", HEAD)
    for one in told.accounts:
        yield from _calls(one.account, one.calls)
        if one.less_rules is not None and one.calls.calls:
            yield from _gap("  less rules", one.less_rules)
    yield ""
    yield "closed trades of the accounts"
    yield f"{'':<14}{'trades':>6}  {'profit of a trade':<34}less that of the rules"
    yield from (_trades(one) for one in told.accounts)
    yield ""


def _trades(one: AccountCompared) -> str:
    told = one.trades
    less = "" if told.less_base is None else _usd(told.less_base)
    return f"{one.account:<14}{told.trades:>6}  {_usd(told.profit_usd):<34}{less}".rstrip() + _missing(told.missing)


def _calls(name: str, told: CallFigures) -> Iterator[str]:
    shares = [with_interval(one) for one in (told.accuracy, told.made_money, told.false_positives)]
    yield _row(name, (f"{told.calls:,}", f"{told.sessions:,}", *shares, _return(told.net_return)))
    if told.missing:
        yield f"{'':<14}{told.missing}"


def _gap(name: str, told: Gap) -> Iterator[str]:
    shares = [with_interval(one, "+") for one in (told.accuracy, told.made_money, told.false_positives)]
    yield _row(name, ("", "", *shares, _return(told.net_return)))


def _row(name: str, cells: Sequence[str]) -> str:
    counts = "".join(f"{cell:>{width}}" for cell, width in zip(cells[:2], WIDTHS[:2], strict=True))
    rest = "".join(f"{cell:<{width}}" for cell, width in zip(cells[2:], WIDTHS[2:], strict=True))
    return f"{name:<14}{counts}  {rest}".rstrip()


def _return(told: Estimate) -> str:
    if told.low is None or told.high is None:
        return percent(told.value, "+", 2)
    return f"{percent(told.value, '+', 2)} ({percent(told.low, '+', 2)} to {percent(told.high, '+', 2)})"


def _usd(told: Estimate) -> str:
    if told.value is None:
        return percent(None)
    if told.low is None or told.high is None:
        return f"{told.value:+,.2f} USD"
    return f"{told.value:+,.2f} USD ({told.low:+,.2f} to {told.high:+,.2f})"


def _reach(first: object, last: object) -> str:
    return "" if first is None else f", {first} to {last}"


def _missing(words: str) -> str:
    return f"  {words}" if words else ""
