"""ABCD: a move A-B, a partial pullback to C that holds above A, and the break of B for a second move as long.

Source: Ross Cameron (Warrior Trading), ABCD pattern: buy the break of B, stop at C; Bulkowski, Encyclopedia of Chart
Patterns (2nd ed., 2005), Measured move up: the second leg is as long as the first, C + (B - A); the pullback's bounds
are the Fibonacci ratios 0.382 and 0.786 of Carney, Harmonic Trading (2010), chapter AB=CD.
"""

from __future__ import annotations

from trading.patterns.chart.view import Found, Line, View, first_break

MIN_LEG_ATR = 4.0
MIN_RETRACE, MAX_RETRACE = 0.382, 0.786
MAX_BARS = 60
"""Bars from A to C at most; a longer one is a trend, not a setup."""
WAIT_BARS = 20


def find(view: View) -> Found:
    """Second legs that began with a close above B."""
    a, b, c = view.sequences(view.major, 3, last_side=-1)
    leg, pullback = b.price - a.price, b.price - c.price
    fits = leg >= MIN_LEG_ATR * view.atr[a.row]
    fits &= (pullback >= MIN_RETRACE * leg) & (pullback <= MAX_RETRACE * leg)
    fits &= c.row - a.row <= MAX_BARS
    a, b, c, leg = a.take(fits), b.take(fits), c.take(fits), leg[fits]
    hit, row = first_break(view, c, Line.level(b.row, b.price), c.price, WAIT_BARS)
    return Found(a.row[hit], row, b.price[hit], c.price[hit], (c.price + leg)[hit])
