"""Every word and phrase that sentiment knows, and what it does in a sentence."""

from __future__ import annotations

from enum import Enum
from itertools import product
from typing import Final, NamedTuple

from trading.news.movements import COMMISSIONS, FACILITIES, MEASURES, MOVEMENTS, Movement
from trading.news.words import CLEARINGS, INTENSIFIERS, NEGATIONS, NOTHING_OF, PHRASES, SAID_NOT, SINCE, WORDS

NEGATED = -0.7
"""A negated word turns, and less than it said: "not good" is milder than "bad". After VADER's -0.74."""
EXTREME = 2.0
"""What a record high says of what is good when it rises."""
VOIDED = 0.0
"""What is only a condition, a task or a topic says nothing: "subject to approval"."""


class Kind(Enum):
    """What a word does in a sentence."""

    WORD = 1
    MEASURE = 2
    MOVEMENT = 3
    NEGATION = 4
    INTENSIFIER = 5
    OF = 6
    PREPOSITION = 7
    STOP = 8
    BREAK = 9
    COMPARISON = 10
    THING = 11
    EXPECTED = 12
    JUDGED = 13
    EXTREME = 14
    CLEARING = 15


class Entry(NamedTuple):
    """A word or phrase of the lexicon.

    Attributes:
        value: weight of a word, sign of a measure, factor of a modifier; 1 for "its", which puts nothing aside.
        movement: of a movement.
    """

    kind: Kind
    value: float = 0.0
    movement: Movement | None = None


_PREPOSITIONS = (
    "to by from for before after per on with than excluding including at into despite under owing thanks between "
    "through during over"
)


_COMPARISONS = ("compared", "against", "versus", "vs", "while", "(", "consensus")


def _entries() -> dict[tuple[str, ...], Entry]:
    """Each word and phrase; of several meanings the last one given here counts."""
    found: dict[tuple[str, ...], Entry] = {(word,): Entry(Kind.WORD, weight) for word, weight in WORDS.items()}
    found |= {(name,): Entry(Kind.THING, 1.0) for name in FACILITIES | COMMISSIONS}
    found |= {name: Entry(Kind.MEASURE, sign) for name, sign in MEASURES.items()}
    found |= {(word,): Entry(Kind.MOVEMENT, said.way, said) for word, said in MOVEMENTS.items()}
    found |= {(word,): Entry(Kind.INTENSIFIER, by) for word, by in INTENSIFIERS.items()}
    found |= {(word,): Entry(Kind.NEGATION, NEGATED) for word in NEGATIONS}
    found |= {
        phrase: Entry(Kind.NEGATION, VOIDED)
        for phrase in (("subject", "to"), ("responsible", "for"), ("whether",), ("conditional",), ("requires",))
    }
    found |= {(word,): Entry(Kind.NEGATION, VOIDED) for word in SAID_NOT}
    found |= {
        (*words.split(), *end): Entry(Kind.NEGATION, NEGATED) for words in NOTHING_OF for end in (("of",), ("that",))
    }
    found |= {("of",): Entry(Kind.OF), ("in",): Entry(Kind.OF), ("its",): Entry(Kind.OF, 1.0)}
    found |= {(word,): Entry(Kind.PREPOSITION) for word in _PREPOSITIONS.split()}
    found |= {
        words: Entry(Kind.PREPOSITION)
        for words in (("due", "to"), ("because", "of"), ("thanks", "to"), ("owing", "to"))
    }
    found |= {(word,): Entry(Kind.STOP) for word in (",", "and", "as", "that", "which", "who", "because")}
    found |= {(mark,): Entry(Kind.BREAK) for mark in ".;!?"}
    found |= {(word,): Entry(Kind.COMPARISON) for word in _COMPARISONS}
    found |= {phrase: Entry(Kind.WORD, weight) for phrase, weight in PHRASES.items()}
    found |= {tuple(words.split()): Entry(Kind.CLEARING, value) for words, value in CLEARINGS.items()}
    return found | _extremes()


def _extremes() -> dict[tuple[str, ...], Entry]:
    """Record highs and lows; "highest" and "lowest" say something only of a measure that is named."""
    found = {
        (*since.split(), word): Entry(Kind.EXTREME, EXTREME * way)
        for since, (way, words) in product(SINCE, ((1, ("high", "highs")), (-1, ("low", "lows"))))
        for word in words
    }
    return found | {
        (word,): Entry(Kind.EXTREME, way, Movement(way, 0.0)) for word, way in (("highest", 1.0), ("lowest", -1.0))
    }


Phrases = tuple[tuple[tuple[str, ...], Entry], ...]
"""What may follow a word, longest first, and what it is then; the word alone is followed by nothing."""


def _by_first_word() -> dict[str, Entry | Phrases]:
    found: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    for words, entry in _entries().items():
        found.setdefault(words[0], []).append((words[1:], entry))
    ordered = {first: tuple(sorted(rest, key=lambda one: -len(one[0]))) for first, rest in found.items()}
    return {first: rest if rest[0][0] else rest[0][1] for first, rest in ordered.items()}


LEXICON: Final = _by_first_word()
"""Each first word: what it is, where it begins no phrase, or its phrases."""
