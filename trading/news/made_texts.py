"""Labelled texts made by rule: what each says follows from how it is put together.

They show that the rules hold over whole families of sentences. They don't say how good the rules are on texts that
somebody else wrote; a labelled set of one's own does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

Made = tuple[str, str]
"""Text and label."""

_COMPANIES = ("Samplecorp", "Testel", "Machinex")
_GOOD = ("Operating profit", "Net sales", "Earnings per share", "The order backlog", "Demand", "The gross margin")
_BAD = ("The operating loss", "Net debt", "Production costs", "Loan losses")
_NOTHING = ("The holding of Example Funds", "The share capital", "The total number of voting rights")
_UP = ("rose", "increased", "climbed", "grew", "went up")
_DOWN = ("fell", "decreased", "declined", "dropped", "went down")
_COMPARED = (("Operating profit", 1), ("Net sales", 1), ("The net loss", -1), ("Interest expenses", -1))
_AMOUNTS = (("EUR 13.1 mn", "EUR 8.7 mn"), ("USD 1.2 bn", "USD 980 million"), ("EUR 0.42", "EUR 0.31"))
_GOOD_NEWS = (
    "{} wins a contract worth $90M", "{} beats by $0.04", "{} raises its full-year guidance", "{} upgraded to buy",
    "{} shares surge 40%", "{} cuts costs by EUR 15 mn a year", "{} announces share buyback",
    "{} will expand its plant and hire 120 people", "{} narrows loss", "{} hikes dividend",
)  # fmt: skip
_BAD_NEWS = (
    "{} misses by $0.03", "{} cuts guidance", "{} shares slide", "{} offering priced at $4.00",
    "{} issues profit warning",
    "{} to lay off 260 people", "{} downgraded to sell", "{} sued over data breach", "{} loses order", "{} wider loss",
)  # fmt: skip
_NO_NEWS = (
    "{} will publish its interim report on 6 August .", "{} is listed on the Nordic Exchange in Helsinki .",
    "{} signed an agreement on the sale of its printing business .", "{} has a staff of 6,300 in 12 countries .",
    "The value of the deal with {} was not disclosed .", "{} had net sales of EUR 1.2 bn in 2008 .",
    "{} describes its risks and losses in the annual report .", "{} to present at investor conference",
    "The costs of the project of {} are estimated at EUR 30 mn .", "Does {} beat its rivals ?",
    "{} names new marketing officer", "{} maintains FY EPS outlook of $2.10 to $2.20",
)  # fmt: skip


def made_texts() -> tuple[Made, ...]:
    """All of them, in an order that never changes; over three hundred."""
    return (*_movements(), *_comparisons(), *_headlines())


def _movements() -> Iterator[Made]:
    """What rises and falls, with and without figures: good, bad, or nothing at all."""
    sides = ((_GOOD, 1), (_BAD, -1), (_NOTHING, 0))
    ways = ((_UP, 1), (_DOWN, -1))
    for (measures, sign), (verbs, way) in product(sides, ways):
        for measure, verb in product(measures, verbs):
            yield f"{measure} {verb} by 12 % from the year before .", _label(sign * way)
    for (high, low), verb in product(_AMOUNTS, ("rose", "increased")):
        yield f"The profit {verb} to {high} from {low} .", "positive"
        yield f"The loss {verb} to {high} from {low} .", "negative"


def _comparisons() -> Iterator[Made]:
    """Two figures without a word for their direction."""
    forms = (
        "{} was {} , compared to {} a year earlier .", "{} amounted to {} , against {} in the year before .",
        "{} totalled {} , compared with {} in 2008 .", "{} came in at {} vs {} .",
    )  # fmt: skip
    for form, (high, low) in product(forms, _AMOUNTS):
        for measure, sign in _COMPARED:
            yield form.format(measure, high, low), _label(sign)
            yield form.format(measure, low, high), _label(-sign)
        yield form.format("Operating profit", high, high), "neutral"
        yield form.format("The net result", f"a loss of {high}", f"a profit of {low}"), "negative"
        yield form.format("The net result", f"a profit of {low}", f"a loss of {high}"), "positive"
    for high, low in _AMOUNTS:
        yield f"Operating profit totalled {high} , up from {low} .", "positive"
        yield f"Operating profit totalled {low} , down from {high} .", "negative"
        yield f"The net loss totalled {low} , down from {high} .", "positive"


def _headlines() -> Iterator[Made]:
    for texts, label in ((_GOOD_NEWS, "positive"), (_BAD_NEWS, "negative"), (_NO_NEWS, "neutral")):
        for text, company in product(texts, _COMPANIES):
            yield text.format(company), label


def _label(sign: int) -> str:
    return ("negative", "neutral", "positive")[sign + 1]
