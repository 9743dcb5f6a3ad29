"""How a text is read: what goes which way, which of two figures is larger, and what is good or bad by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trading.news.figures import amounts, first_figure, last_figure
from trading.news.movements import OWN, Movement
from trading.news.vocabulary import LEXICON, Entry, Kind

SCORED_WORDS = 600
"""A wire story puts its point first; what follows is background."""
NEGATION_REACH = 3
OBJECT_REACH = 5
"""Words between a movement and what moves: "a fall in its third-quarter operating profit"."""
PREPOSITION_REACH = 2
BRACKET_REACH = 3
"""Words between a figure and the bracket that has last year's: "EUR 31.2 mn ( EUR 27.5 mn )"."""
EARLIER_REACH = 6
EARLIER = frozenset(["earlier", "ago", "before", "corresponding", "previous", "same", "last"])
"""What makes "while" a comparison with an earlier time, within that many words."""
COMPARED = 1.5
"""What two figures say that are compared; a movement in words says 1 to 3."""

_TOKEN = re.compile(r"[a-z][a-z0-9]*(?:['\-&.][a-z]+)*|(?:(?<!\w)-)?\d+(?:[.,]\d+)*[a-z%]*|[.,;!?()%]")
_WORD, _MEASURE, _MOVEMENT, _COMPARISON = Kind.WORD, Kind.MEASURE, Kind.MOVEMENT, Kind.COMPARISON
_BREAK, _THING, _NEGATION, _INTENSIFIER = Kind.BREAK, Kind.THING, Kind.NEGATION, Kind.INTENSIFIER
_PUTS_ASIDE = frozenset((Kind.PREPOSITION, Kind.OF))
_ENDS_OBJECT = frozenset((Kind.PREPOSITION, Kind.STOP, _BREAK, _COMPARISON, _MOVEMENT, _NEGATION))

Hit = tuple[int, int, Entry]
"""A word or phrase of the lexicon in a text: its first token, one past its last, and what it is."""


def tokens_of(text: str) -> list[str]:
    """Words, figures and marks of a text, lower case."""
    tokens: list[str] = _TOKEN.findall(text.lower().replace("\u2019", "'"))
    return tokens if len(tokens) <= SCORED_WORDS else tokens[:SCORED_WORDS]


def hits_of(tokens: list[str]) -> list[Hit]:
    """What of the tokens the lexicon knows, longest phrase first."""
    found: list[Hit] = []
    free_from = 0
    for at, token in enumerate(tokens):
        known = LEXICON.get(token)
        if known is None or at < free_from:
            continue
        if isinstance(known, Entry):
            found.append((at, at + 1, known))
            continue
        for rest, entry in known:
            end = at + 1 + len(rest)
            if not rest or tuple(tokens[at + 1 : end]) == rest:
                found.append((at, end, entry))
                free_from = end
                break
    return found


@dataclass(slots=True)
class _Sentence:
    """What a sentence was about so far.

    Attributes:
        subject: what it is about; `aside`: what was named in passing, after a preposition.
        named: number of the hit that named either last, and `moved`: of the last movement.
    """

    subject: Hit | None = None
    aside: Hit | None = None
    named: int = -1
    moved: int = -1


class _Text:
    """A text on its way through the rules."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._hits = hits_of(tokens)
        self._sentence = _Sentence()

    def total(self) -> float:
        """Sum of what all sentences say, 0 for nothing; a question says nothing."""
        total = so_far = 0.0
        for number, (begin, _, entry) in enumerate(self._hits):
            kind = entry.kind
            if kind is _WORD:
                if entry.value:
                    so_far += entry.value * self._modifier(number)
            elif kind is _MEASURE:
                so_far += self._named(number)
            elif kind is _MOVEMENT:
                so_far += self._moved(number)
            elif kind is _COMPARISON:
                so_far += self._compared(number)
            elif kind is _BREAK:
                total += so_far if self._tokens[begin] != "?" else 0.0
                so_far, self._sentence = 0.0, _Sentence()
        return total + so_far

    def _named(self, number: int) -> float:
        """A measure is named; it is what the sentence is about unless a preposition stands before it."""
        hit, sentence = self._hits[number], self._sentence
        begin, end, _ = hit
        aside = False
        if number:
            _, before, entry = self._hits[number - 1]
            aside = entry.kind in _PUTS_ASIDE and not entry.value and begin - before <= PREPOSITION_REACH
        if aside:
            sentence.aside = hit
        else:
            sentence.subject, sentence.aside = hit, None
        sentence.named = number
        return OWN.get(self._tokens[begin], 0.0) if end - begin == 1 else 0.0

    def _moved(self, number: int) -> float:
        """A movement: of its object, of what the sentence is about, or of nothing that is named."""
        said = self._hits[number][2].movement
        assert said is not None  # noqa: S101 - each entry of this kind has one
        moving = self._object(number, said)
        if moving is None and said.of is None and not self._attributive(number, said):
            moving = self._sentence.subject or self._sentence.aside
        if moving is None:
            return said.bare * self._modifier(number) if said.bare else 0.0
        self._sentence.moved = number
        value = moving[2].value
        sign = value if said.of is None and not said.judges else float(value != 0)
        return said.way * sign * self._modifier(number) if sign else 0.0

    def _object(self, number: int, said: Movement) -> Hit | None:
        """What follows the movement and moves, if something does."""
        if not said.takes_object:
            return None
        reach = self._hits[number][1] + OBJECT_REACH
        for hit in self._hits[number + 1 : number + 1 + OBJECT_REACH]:
            begin, end, entry = hit
            if begin > reach or entry.kind in _ENDS_OBJECT:
                return None
            if entry.kind is _MEASURE or entry.kind is _THING:
                return hit if said.of is None or self._tokens[end - 1] in said.of else None
        return None

    def _attributive(self, number: int, said: Movement) -> bool:
        """Whether it belongs to a noun that nobody knows, and not to what the sentence is about: "higher duties"."""
        if not said.takes_object:
            return False
        begin, end, _ = self._hits[number]
        if number and (before := self._hits[number - 1])[1] == begin and before[2].kind in _PUTS_ASIDE:
            return self._tokens[before[0]] != "to"
        following = self._tokens[end] if end < len(self._tokens) else "."
        known = number + 1 < len(self._hits) and self._hits[number + 1][0] == end
        return said.adjective and not known and following[0].isalpha()

    def _compared(self, number: int) -> float:
        """Two figures are compared: which is larger counts where no word said it."""
        sentence, (begin, end, _) = self._sentence, self._hits[number]
        about = sentence.subject or sentence.aside
        if about is None or not about[2].value or sentence.moved > sentence.named:
            return 0.0
        word, first = self._tokens[begin], about[1]
        if word == "while" and not EARLIER.intersection(self._tokens[end : end + EARLIER_REACH]):
            return 0.0
        last = next((hit[0] for hit in self._hits[number + 1 :] if hit[2].kind is _BREAK), len(self._tokens))
        if word == "(":
            first, last = max(first, begin - BRACKET_REACH), min(last, end + BRACKET_REACH)
        other = first_figure(self._tokens, end, last)
        ours = other and last_figure(self._tokens, first, begin, percent=other.percent)
        if other is None or ours is None:
            return 0.0
        theirs = next(
            (hit for hit in self._hits[number + 1 :] if hit[2].kind is _MEASURE and hit[1] <= other.at), about
        )
        now, then = amounts(ours, other)
        whose = self._closest(about, ours.at)
        now, then = now if whose[2].value > 0 else -now, then if theirs[2].value > 0 else -then
        return COMPARED * float((now > then) - (now < then))

    def _closest(self, about: Hit, figure: int) -> Hit:
        """Whose figure it is: "the result amounted to a loss of EUR 3 mn" has a loss of 3."""
        aside = self._sentence.aside
        if aside is not None and aside[1] < figure <= aside[1] + BRACKET_REACH and self._tokens[aside[1]] == "of":
            return aside
        return about

    def _modifier(self, number: int) -> float:
        """What stands before the hit turns, scales or voids it."""
        factor, at = 1.0, self._hits[number][0]
        for before in range(number - 1, -1, -1):
            begin, end, entry = self._hits[before]
            kind = entry.kind
            if begin < at - NEGATION_REACH or kind is _BREAK:
                break
            if kind is _NEGATION:
                return factor * entry.value
            if kind is _INTENSIFIER and end == at:
                factor = entry.value
        return factor


def total_of(tokens: list[str]) -> float:
    """Sum of what all sentences say, 0 for nothing; see `trading.news.words` for the unit."""
    return _Text(tokens).total()
