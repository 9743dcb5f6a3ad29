"""How a text is read: what goes which way, which of two figures is larger, and what is good or bad by itself."""

from __future__ import annotations

from trading.news.clauses import Sentence
from trading.news.comparisons import Comparisons, sign_of
from trading.news.vocabulary import Kind
from trading.news.words import INQUIRIES

RECORD_REACH = 2
"""Words between "record" and what is one: "a record operating loss"."""
ABSENT = 0.5
"""Most that the absence of something bad says: "no evidence of fraud"."""

_RARE = (Kind.EXPECTED, Kind.JUDGED, Kind.EXTREME, Kind.CLEARING)


class _Text(Comparisons):
    """A text with all rules."""

    def total(self) -> float:
        """Sum of what all sentences say, 0 for nothing; a question says nothing."""
        total = so_far = 0.0
        for number, (begin, _, entry) in enumerate(self._hits):
            kind = entry.kind
            if kind is Kind.WORD:
                so_far += self._worded(number) if entry.value else 0.0
            elif kind is Kind.MEASURE:
                so_far += self._named(number)
            elif kind is Kind.MOVEMENT:
                so_far += self._moving(number)
            elif kind is Kind.COMPARISON:
                so_far += self._compared(number)
            elif kind is Kind.BREAK:
                total += so_far if self._tokens[begin] != "?" else 0.0
                so_far, self._sentence = 0.0, Sentence()
            elif kind in _RARE:
                so_far += self._rare(number, kind)
        return total + so_far

    def _rare(self, number: int, kind: Kind) -> float:
        """What hardly a text has."""
        if kind is Kind.EXPECTED:
            return self._expected(number)
        if kind is Kind.JUDGED:
            return self._judged(number)
        return self._extreme(number) if kind is Kind.EXTREME else self._clearing(number)

    def _worded(self, number: int) -> float:
        """A word that is good or bad by itself; that something bad is absent is only a shade of good."""
        begin, end, entry = self._hits[number]
        value, following = entry.value, self._next(number)
        if following is not None and end - begin == 1:
            near = following[0] - end
            if self._tokens[begin] == "record" and following[2].kind is Kind.MEASURE and near <= RECORD_REACH:
                value = following[2].value
            if self._tokens[begin] == "hit" and following[2].kind is Kind.EXTREME and near <= RECORD_REACH:
                return 0.0
        modifier = self._modifier(number)
        if value < 0 and modifier < 0:
            return min(value * modifier, ABSENT)
        inquiry = end - begin == 1 and self._tokens[begin] in INQUIRIES
        if inquiry and self._sentence.cleared:
            return 0.0
        self._sentence.inquiries += value * modifier if inquiry else 0.0
        return value * modifier

    def _clearing(self, number: int) -> float:
        """Nothing was found: what the sentence says of an investigation says nothing more."""
        said, self._sentence.inquiries = self._sentence.inquiries, 0.0
        self._sentence.cleared = True
        return self._hits[number][2].value - said

    def _extreme(self, number: int) -> float:
        """A record high or low of what the sentence is about; of the share where nothing is named."""
        _, end, entry = self._hits[number]
        about, following = self._about(), self._next(number)
        if following is not None and following[2].kind is Kind.MEASURE and following[0] == end:
            about = following
        if about is None and entry.movement is not None:
            return 0.0
        return entry.value * (1.0 if about is None else sign_of(about[2].value)) * self._modifier(number)


def total_of(tokens: list[str]) -> float:
    """Sum of what all sentences say, 0 for nothing; see `trading.news.words` for the unit."""
    return _Text(tokens).total()
