"""Which companies a text is about: cashtags, exchange marks, tickers in capitals, names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from trading.bars.symbols import symbol_of
from trading.news.article import Article

How = Literal["given", "exchange", "cashtag", "ticker", "name"]
"""What told the company, surest first: the source itself, (NASDAQ: AAPL), $AAPL or `$ aapl`, AAPL, Apple Inc."""

SHORTEST_NAME = 4
"""A name of one shorter word, such as AES or 3M, is found by its ticker only."""
TEXT_CHARS = 4_000
"""Companies named only after the first 600 words are context."""
MOST_SYMBOLS = 40
"""A text that names more is a list, and about none of them by name; its marked symbols are kept up to this number."""

_AMBIGUOUS_TEXT = """
A ALL AM AN ANY APP ARE AS AT BE BIG BY CAN CAR CASH CAT CEO CFO COO COST DAY DD DO EAR EAT EPS ETF EU EV
FAST FBI FDA FOR FTC FUN FUND GAIN GDP GO GOOD GROW HAS HE HIGH HOPE IF IN INC IPO IS IT JOB KEY LIFE LIVE
LOVE LOW LP MAIN MAN ME MET MOVE MS NEW NEXT NICE NO NOW OF OLD ON ONE OPEN OR OUT OWN PAY PEAK PER PLAN
PLAY PM POST PR PRO REAL ROAD RUN SAFE SAVE SEC SEE SHE SHOP SIX SKY SO STAY STEP SUN TELL THE TOP TRUE TV
TWO UK UP US USA VERY WE WELL WIN WIT WOW YOU
"""
AMBIGUOUS = frozenset(_AMBIGUOUS_TEXT.split())
"""Tickers that are words or abbreviations: they need a mark. So does any ticker of one or two letters."""

_COMMON_NAMES_TEXT = """
american apache ball best block cameron carnival cliffs coach crown delta discovery dish dollar dow edison
equity first fossil gap general genuine global harris home host international key leggett limited linear
lowe match molson national news paramount pool principal progressive prudential public range ryder sealed
smith southern southwest stanley target time total travelers united universal waters western williams wynn
"""
COMMON_NAMES = frozenset(_COMMON_NAMES_TEXT.split())
"""First words that, alone, are a word, a place or a family: the name needs more of itself or a mark."""

_EXCHANGE = re.compile(
    r"\b(?:NASDAQ(?:[ -]?(?:GS|GM|CM))?|NYSE(?:[ -]?(?:American|Arca|MKT))?|AMEX|CBOE|OTC(?:QB|QX|BB| Pink)?)\s*:\s*"
    r"([A-Za-z]{1,5}(?:[.\-][A-Za-z]{1,2})?)\b",
    re.IGNORECASE,
)
# Not after a letter or digit ("US$", "co$t"); not an amount ("$5b").
_CASHTAG = re.compile(r"(?<![A-Za-z0-9$&])\$ ?([A-Za-z]{1,6}(?:[.\-][A-Za-z]{1,2})?)(?![A-Za-z0-9_$])")
_CAPITALS = re.compile(r"(?<![A-Za-z0-9$.\-&'\u2019])[A-Z]{3,5}(?:\.[A-Z])?(?![A-Za-z0-9\-&])")
_WORD = re.compile(r"[A-Za-z0-9&'\u2019.\-]*[A-Za-z0-9&]")
_MONEY = frozenset(("USD", "MILLION", "BILLION", "TRILLION", "BN", "MLN", "MM", "US", "CAD", "AUD"))
_ENDINGS_TEXT = """
& a ag and b c class co com common companies company corp corporation cos group holding holdings inc
incorporated limited llc lp ltd nv ordinary plc sa se shares stock the trust
"""
_ENDINGS = frozenset(_ENDINGS_TEXT.split())


class Linker:
    """Finds companies in texts.

    Args:
        names: name, or None, of each known ticker. Marked tickers are found whether known or not; capitals and names
            only for these.
    """

    def __init__(self, names: Mapping[str, str | None]) -> None:
        self._known = frozenset(names)
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        spelt: dict[tuple[str, ...], set[str]] = {}
        for symbol, name in names.items():
            words = core_name(name or "")
            if words and (len(words) > 1 or (len(words[0]) >= SHORTEST_NAME and words[0] not in COMMON_NAMES)):
                spelt.setdefault(words, set()).add(symbol)
        for words, symbols in spelt.items():
            if len(symbols) == 1:  # two companies of one name: the name says nothing
                self._by_first.setdefault(words[0], []).append((words, symbols.pop()))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda candidate: -len(candidate[0]))

    def find(self, text: str) -> dict[str, How]:
        """Each ticker that the text is about, with the surest mark that told it."""
        text = text[:TEXT_CHARS]
        found: dict[str, How] = {}
        for symbol in self._names(text):
            found[symbol] = "name"
        if any(character.islower() for character in text):  # a text all in capitals has no tickers in capitals
            tickers = (match[0] for match in _CAPITALS.finditer(text))
            found |= {symbol: "ticker" for symbol in tickers if symbol in self._known and symbol not in AMBIGUOUS}
        if len(found) > MOST_SYMBOLS:
            found.clear()
        found |= {symbol: "cashtag" for symbol in _marked(_CASHTAG, text) if symbol not in _MONEY}
        found |= dict.fromkeys(_marked(_EXCHANGE, text), "exchange")
        return dict(sorted(found.items())[:MOST_SYMBOLS])

    def link(self, article: Article) -> dict[str, How]:
        """Each ticker that the article is about; those that its source names are `given`."""
        given: dict[str, How] = dict.fromkeys(article.symbols, "given")
        return dict(sorted((self.find(article.text) | given).items()))

    def _names(self, text: str) -> Iterable[str]:
        words = _WORD.findall(text)
        plain = [_bare(word) for word in words]
        for at, first in enumerate(plain):
            for name, symbol in self._by_first.get(first, ()):
                # "apple" is a fruit and "target price" a number; a name of several words is unlikely by chance.
                capital = words[at][0].isupper() or words[at][0].isdigit()
                if (capital or len(name) > 1) and tuple(plain[at : at + len(name)]) == name:
                    yield symbol
                    break


def core_name(name: str) -> tuple[str, ...]:
    """The words of a company's name without its legal form: ("johnson", "&", "johnson"), ("apple",)."""
    words = [_bare(word) for word in _WORD.findall(name)]
    while words and words[-1] in _ENDINGS:
        words.pop()
    if words and words[0] == "the":
        words = words[1:]
    return tuple(words)


def _bare(word: str) -> str:
    """Lower case, without a possessive and points."""
    return re.sub(r"['\u2019]s$", "", word.lower()).strip(".-'\u2019").replace(".", "")


def _marked(pattern: re.Pattern[str], text: str) -> Iterable[str]:
    return (symbol_of(match[1]) for match in pattern.finditer(text))
