"""Every gate by name: what it checks, how severe it is, and what to do about what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from trading.gates.findings import Severity

CORRECT = "Correct the row in the source and import that."
UNTOUCHED = "Nothing; the bars are kept as they came. Look at them before you trust a result that hangs on them."

BY_BARS_ALONE = "Its splits and breaks are judged by price and dollar volume alone: bring its factors, or rule on them."


OF_DAYS = frozenset({
    "time_of_day", "before_calendar", "unknown_session", "glitch", "first_bars", "missing_session", "missing_bars",
    "price_spike", "stale_bars", "silent_series", "volume_unit_change", "split", "dividend", "large_distribution",
    "factor_contradicts_price", "large_move_without_action", "without_factor", "factors_end",
})  # fmt: skip
OF_MINUTES = frozenset({"outside_hours", "ambiguous_time", "off_minute", "straddles_open"})
BY_DAYS = frozenset({
    "unexplained_jump", "symbol_reuse", "split_guessed", "large_move_with_volume", "large_move_of_its_own",
})  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a gate is for.

    Attributes:
        checks: what it looks for, in words.
        advice: what to do about a finding.
    """

    gate: str
    severity: Severity
    checks: str
    advice: str

    @property
    def lengths(self) -> str:
        """For which bars it holds, in words."""
        if self.gate in BY_DAYS:
            return "days, and minutes by the days that they make up"
        return "days" if self.gate in OF_DAYS else "minutes" if self.gate in OF_MINUTES else "days and minutes"


def _of(severity: Severity, **gates: tuple[str, str]) -> dict[str, Meaning]:
    return {gate: Meaning(gate, severity, *words) for gate, words in gates.items()}


GATES: dict[str, Meaning] = {
    **_of(
        "quarantine",
        malformed_row=("a line has too few or too many columns", CORRECT),
        not_a_number=("a price or the volume is no number", CORRECT),
        unreadable_time=("the time is not of the file's format", CORRECT),
        time_of_day=("a daily bar has another time of day than the file's", "Correct the row in the source."),
        ambiguous_time=("the clock of the time zone was changed at this time", "Give the file's times in UTC."),
        off_minute=("a minute's time is no whole minute", "Correct the time; --stamp end reads times within a minute."),
        before_calendar=("the day is before 1990-01-02, where the calendar of sessions begins", "Nothing can be done."),
        volume_not_whole=("the volume is past 2^53, where shares can't be told apart", CORRECT),
        missing_value=("the symbol, the time or the volume is missing", CORRECT),
        bad_price=("a price is missing, not finite, zero or negative", CORRECT),
        high_below_low=("the high is below the low", "Release it if open and close are right: the range is widened."),
        negative_volume=("the volume is negative", CORRECT),
        print_outside_range=(
            "open or close lie more than 1 % outside low..high",
            "Compare with another source; release it if open and close are right: the range is widened.",
        ),
        unknown_session=("the exchange had no session on that day", CORRECT),
        outside_hours=("no session trades at this time, extended hours included", "Check --timezone."),
        straddles_open=(
            "a bar of many minutes begins before the open of the session and ends after it",
            "Import shorter bars, or bars of the regular session that begin at its open.",
        ),
        future_bar=("the bar isn't over yet by this machine's clock", "Check the clock; import it when it is over."),
        contradicting_duplicate=("bars of one symbol and time have other values", "Release the one that is right."),
        duplicate=("the same bar stands twice", "Nothing: the first of them is on record."),
        unsupported_print=(
            "the open, high or low lies over 60 % beyond the prices around it without the volume of news",
            "Compare with another source; release it if the print stood.",
        ),
        glitch=(
            "bars lie at a factor from those before and after, which agree, without the volume of news: another unit",
            "Compare with another source; release it if it was traded so.",
        ),
        unexplained_jump=(
            "the open is far from the close before, and neither the source, a split nor dollar volume explains it",
            "Earlier bars are withheld from then on. Say with `inplay data splits` what it was.",
        ),
        large_distribution=(
            "a dividend or spin-off of more than a fifth of the price, by the source's factor",
            "Nothing: it is on record, and earlier bars are withheld from then on.",
        ),
        symbol_reuse=(
            "the symbol was silent for months and came back at another price",
            "Nothing: earlier bars are withheld from then on, as they may be another company's.",
        ),
    ),
    **_of(
        "warning",
        range_extended=(
            "open or close lie up to 1 % outside low..high",
            "Nothing: the range was widened to hold them.",
        ),
        saturated_volume=("the volume is a full 32-bit counter", UNTOUCHED),
        missing_session=("the exchange was open and no symbol has a bar", "Import the session from another source."),
        first_bars=(
            "a print over 60 % beyond the prices around it in the first days of a symbol: no usual volume is known",
            UNTOUCHED,
        ),
        large_move_with_volume=(
            "a large move on many times the usual dollars, or a rise that no corporate action makes: taken for news",
            UNTOUCHED,
        ),
        large_move_of_its_own=("a large move of a symbol that moves far from close to open every day", UNTOUCHED),
        large_move_without_action=(
            "a large move for which the source says that no split or distribution took effect",
            UNTOUCHED,
        ),
        split_guessed=(
            "a split by price and dollar volume alone: a guess",
            "Confirm or refuse it with `inplay data splits`. Earlier bars are restated meanwhile.",
        ),
        factor_contradicts_price=(
            "the source names a split or distribution and the price doesn't follow",
            "Nothing was restated. Compare with another source.",
        ),
        adjusted_prices=(
            "prices are adjusted already: the source names splits that leave no trace in them, or its format says so",
            "Import unadjusted prices: earlier bars are not what was printed.",
        ),
        without_factor=("a file of factors lacks the symbol", BY_BARS_ALONE),
        factors_end=("the factors of a symbol end before its bars", BY_BARS_ALONE),
        price_spike=("the close leaves its neighbours, and the market, and is back on the next bar", UNTOUCHED),
        stale_bars=("bars repeat the bar before in every value, volume included: filled forward", UNTOUCHED),
        silent_series=("no share was traded for many sessions in a row", UNTOUCHED),
        volume_unit_change=(
            "the usual volume becomes about a hundredfold or a hundredth: shares and lots may be mixed",
            "Compare with another source; import it again with --volume-unit and --replace if so.",
        ),
    ),
    **_of(
        "info",
        split=("a split, by the source", "Nothing: earlier bars are restated."),
        dividend=("a dividend, by the source", "Nothing: it is on record; prices stay as printed."),
        missing_bars=("a symbol lacks sessions between its first and last", "Import them from another source."),
        other_spelling=("a symbol is spelt otherwise than on record, such as BRK-B for BRK.B", "Nothing: it is one."),
        fractional_volume=("the volume has a fraction of a share", "Nothing: the whole shares are kept."),
        shortened_volume=("the volume is written as 12.3M", "Import exact volumes with --replace if you have them."),
        time_order=("rows don't come in order of time", "Nothing: they are sorted."),
    ),
}


def meaning(gate: str) -> Meaning:
    """What the gate is for; one that this version doesn't know says so."""
    unknown = "a gate of another version of inplay"
    return GATES.get(gate) or Meaning(gate, "quarantine", unknown, "See the reason that is kept with the row.")
