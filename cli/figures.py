"""Figures in words, for tables."""

from __future__ import annotations

from trading.performance.estimate import Estimate


def percent(value: float | None, sign: str = "", digits: int = 1) -> str:
    """The figure in per cent; a dash when it isn't known. `sign="+"` shows a plus as well."""
    return "–" if value is None else f"{value:{sign}.{digits}%}"  # noqa: RUF001 - a dash for what isn't known


def with_interval(estimate: Estimate, sign: str = "") -> str:
    """The figure with its interval, where it has one."""
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value, sign)
    return f"{percent(estimate.value, sign)} ({percent(estimate.low, sign)} to {percent(estimate.high, sign)})"
