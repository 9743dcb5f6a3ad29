"""What a clause is about, and what goes which way in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.news.movements import OWN, Movement
from trading.news.tokens import Hit, hits_of
from trading.news.vocabulary import NEGATED, Kind

NEGATION_REACH = 3
OBJECT_REACH = 5
"""Words between a movement and what moves: "a fall in its third-quarter operating profit"."""
PREPOSITION_REACH = 2

_WORD, _MEASURE, _MOVEMENT = Kind.WORD, Kind.MEASURE, Kind.MOVEMENT
_BREAK, _THING, _NEGATION, _INTENSIFIER = Kind.BREAK, Kind.THING, Kind.NEGATION, Kind.INTENSIFIER
_PUTS_ASIDE = frozenset((Kind.PREPOSITION, Kind.OF))
_ENDS_OBJECT = frozenset(
    (Kind.PREPOSITION, Kind.STOP, _BREAK, Kind.COMPARISON, _MOVEMENT, _NEGATION, Kind.EXPECTED, Kind.JUDGED)
)


@dataclass(slots=True)
class Sentence:
    """What a sentence was about so far.

    Attributes:
        subject: what it is about; `aside`: what was named in passing, after a preposition.
        named: number of the hit that named either last, and `moved`: of the last movement.
        movements: what each movement said, by the number of its hit.
        inquiries: what investigations said, which says nothing once the sentence has `cleared` the company.
    """

    subject: Hit | None = None
    aside: Hit | None = None
    named: int = -1
    moved: int = -1
    movements: dict[int, float] = field(default_factory=dict)
    inquiries: float = 0.0
    cleared: bool = False


class Clauses:
    """A text on its way through the rules: its subjects, movements and what turns them."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._hits = hits_of(tokens)
        self._sentence = Sentence()

    def _next(self, number: int) -> Hit | None:
        return self._hits[number + 1] if number + 1 < len(self._hits) else None

    def _about(self) -> Hit | None:
        return self._sentence.subject or self._sentence.aside

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
            moving = self._about()
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

    def _modifier(self, number: int) -> float:
        """What stands before the hit turns, scales or voids it; what turns one of two joined by "or" turns both."""
        factor, at = 1.0, self._hits[number][0]
        joined = at
        while joined > 1 and self._tokens[joined - 1] in ("or", "nor"):
            joined -= 2
        for before in range(number - 1, -1, -1):
            begin, end, entry = self._hits[before]
            kind = entry.kind
            if end - 1 < joined - NEGATION_REACH or kind is _BREAK:
                break
            if kind is _NEGATION and begin < joined:
                return factor * entry.value
            if kind is Kind.CLEARING:
                return factor * NEGATED
            if kind is _INTENSIFIER and end == at:
                factor = entry.value
        return factor
