"""What is compared in a text: two figures, or what came with what was expected."""

from __future__ import annotations

from trading.news.clauses import OBJECT_REACH, PREPOSITION_REACH, Clauses
from trading.news.expectations import FORECAST, SIZES
from trading.news.figures import amounts, first_figure, last_figure
from trading.news.tokens import Hit
from trading.news.vocabulary import Entry, Kind

BRACKET_REACH = 3
"""Words between a figure and the bracket that has last year's: "EUR 31.2 mn ( EUR 27.5 mn )"."""
FORECAST_REACH = 4
"""Words around a comparison in which a figure or "consensus" is looked for where no measure is named."""
EARLIER_REACH = 6
EARLIER = frozenset(["earlier", "ago", "before", "corresponding", "previous", "same", "last"])
"""What makes "while" a comparison with an earlier time, within that many words."""
COMPARED = 1.5
"""What two figures say that are compared; a movement in words says 1 to 3."""
EXPECTED = 2.0
"""What more or less than expected says."""
TURNED, STRESSED = -0.5, 1.5
"""A movement that was less than expected is news of the other side, and mildly; one that was more counts for more."""
BAR = 1.0
"""Most that a lowered forecast takes from beating it."""
ADVERBS = frozenset(("less", "more", "faster", "slower", "quicker", "deeper", "steeper", "longer"))
"""They compare a movement; the others compare a measure: "sales were lower than expected"."""
OF_LOSSES = frozenset(("wider", "narrower", "deeper", "steeper", "milder", "shallower"))
"""They are said of losses where nothing is named."""
_BEATS_TEXT = """
beat beats beating topped tops exceed exceeds exceeded exceeding miss misses missed missing
"""
BEATS = frozenset(_BEATS_TEXT.split())
_MEETS = frozenset(("meet", "meets", "met"))
_MEASURE, _MOVEMENT, _COMPARISON, _BREAK = Kind.MEASURE, Kind.MOVEMENT, Kind.COMPARISON, Kind.BREAK


def sign_of(number: float) -> float:
    """-1, 0 or 1."""
    return float((number > 0) - (number < 0))


class Comparisons(Clauses):
    """What a text compares, on top of what its clauses say."""

    def _compared(self, number: int) -> float:
        """Two figures are compared: which is larger counts where no word said it."""
        sentence, (begin, end, _) = self._sentence, self._hits[number]
        about = self._about() or self._forecast_figure(number)
        if about is None or not about[2].value or sentence.moved > sentence.named:
            return 0.0
        word, first = self._tokens[begin], about[1] if about[0] < begin else max(begin - FORECAST_REACH, 0)
        if word == "consensus" and (number == 0 or self._hits[number - 1][2].kind is _COMPARISON):
            return 0.0  # "vs consensus of $1.40" is one comparison
        if word == "while" and not EARLIER.intersection(self._tokens[end : end + EARLIER_REACH]):
            return 0.0
        last = next((hit[0] for hit in self._hits[number + 1 :] if hit[2].kind is _BREAK), len(self._tokens))
        if word == "consensus":
            last = min(
                last, end + BRACKET_REACH, *(hit[0] for hit in self._hits[number + 1 :] if hit[2].kind is Kind.STOP)
            )
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

    def _forecast_figure(self, number: int) -> Hit | None:
        """A figure that has a forecast is one that is good when larger: "$4.2B vs. $4.0B consensus"."""
        begin, end, _ = self._hits[number]
        around = self._tokens[end : end + FORECAST_REACH]
        return (begin, end, Entry(_MEASURE, 1.0)) if FORECAST.intersection(around) else None

    def _closest(self, about: Hit, figure: int) -> Hit:
        """Whose figure it is: "the result amounted to a loss of EUR 3 mn" has a loss of 3."""
        aside = self._sentence.aside
        if aside is not None and aside[1] < figure <= aside[1] + BRACKET_REACH and self._tokens[aside[1]] == "of":
            return aside
        return about

    def _judged(self, number: int) -> float:
        """Better or worse than expected, of whatever it is."""
        return EXPECTED * self._hits[number][2].value * self._modifier(number)

    def _expected(self, number: int) -> float:
        """More or less than expected: of what follows, of the movement before, or of what the sentence is about."""
        begin, end, entry = self._hits[number]
        way, following = entry.value, self._next(number)
        near = following is not None and following[0] - end <= PREPOSITION_REACH - 1
        if not way:
            return self._than_expected(number)
        if near and following is not None and following[2].kind is _MOVEMENT:
            return 0.0  # which it turns or stresses, see `_moving`
        if near and following is not None and following[2].kind is _MEASURE:
            return EXPECTED * way * sign_of(following[2].value) * self._modifier(number)
        if self._tokens[begin] in ADVERBS and (said := self._last_movement(number)):
            return said * (STRESSED if way > 0 else TURNED) - said
        about = self._about()
        bare = -way if self._tokens[begin] in OF_LOSSES else way
        return EXPECTED * (bare if about is None else way * sign_of(about[2].value)) * self._modifier(number)

    def _than_expected(self, number: int) -> float:
        """What was said before is turned or stressed: "a smaller decline than feared"."""
        begin = self._hits[number][0]
        for before in range(number - 1, -1, -1):
            start, _, entry = self._hits[before]
            if entry.kind is _BREAK or start < begin - OBJECT_REACH - 1:
                break
            way = SIZES.get(self._tokens[start - 1] if start else "", 0.0)
            if way and entry.kind is _MOVEMENT:
                said = self._sentence.movements.get(before, 0.0)
                return said * (STRESSED if way > 0 else TURNED) - said
            if way and entry.kind is _MEASURE and (before == 0 or self._hits[before - 1][2].kind is not _MOVEMENT):
                return EXPECTED * way * sign_of(entry.value)
        return 0.0

    def _last_movement(self, number: int) -> float:
        """What the movement said that a comparison follows; 0 where another thing was named since."""
        for before in range(number - 1, -1, -1):
            kind = self._hits[before][2].kind
            if kind is _MOVEMENT:
                return self._sentence.movements.get(before, 0.0)
            if kind in (_BREAK, Kind.STOP):
                break
        return 0.0

    def _moving(self, number: int) -> float:
        """A movement, as far as what stands around it leaves it."""
        begin, end, _ = self._hits[number]
        following, before = self._next(number), self._hits[number - 1] if number else None
        size = self._tokens[begin] in SIZES
        if size and following is not None and following[2].kind is _MOVEMENT and following[0] == end:
            return 0.0  # "a smaller decline" is a decline
        said = self._moved(number)
        if before is not None and before[2].kind is Kind.EXPECTED and before[2].value and before[1] == begin:
            said *= STRESSED if before[2].value > 0 else TURNED
        said = self._of_forecast(number, said)
        self._sentence.movements[number] = said
        return said

    def _of_forecast(self, number: int, said: float) -> float:
        """What a moved bar takes from a beat or a miss: "beats lowered estimates"; all of what it says else."""
        begin, end, _ = self._hits[number]
        before = frozenset(self._tokens[max(begin - PREPOSITION_REACH, 0) : begin])
        following = self._next(number)
        if following is None or following[0] - end >= PREPOSITION_REACH:
            return said
        if not (FORECAST | {"outlook"}).intersection(self._tokens[following[0] : following[1]]):
            return said
        if before & _MEETS:
            return 0.0
        return min(max(said, -BAR), BAR / 2) if before & BEATS else said
