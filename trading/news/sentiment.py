"""Sentiment: what a text says of a share, between -1 and +1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from trading.arrays import Floats
from trading.news.lexicon import INTENSIFIERS, NEGATIONS, PHRASES, WORDS

SCORED_WORDS = 600
"""A wire story puts its point first; what follows is background."""
NEGATION_REACH = 3
NEGATED = -0.7
"""A negated word turns, and less than it said: "not good" is milder than "bad". After VADER's -0.74."""
ALPHA = 15.0
"""Sum of weights at which the score is half-way: s / sqrt(s² + 15).

Source: Hutto and Gilbert (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text".
"""

_TOKEN = re.compile(r"[a-z0-9]+(?:['\-][a-z]+)*|[.;!?]")
_BREAKS = frozenset(".;!?")
_LONGEST = max(map(len, PHRASES))
_PHRASE_STARTS = frozenset(phrase[0] for phrase in PHRASES)


class SentimentScorer(Protocol):
    """Reads texts."""

    @property
    def name(self) -> str:
        """Which scorer and version; kept on record beside each score."""
        ...

    def score(self, texts: Sequence[str]) -> Floats:
        """Sentiment of each text, -1 to +1, 0 for neutral, NaN for a text without a word; shape `(n_texts,)`."""
        ...


class LexiconScorer:
    """The default: counts words of `trading.news.lexicon`, with negation and intensifiers. English only."""

    name = "lexicon-1"

    def score(self, texts: Sequence[str]) -> Floats:
        """Sentiment of each text, -1 to +1, 0 where no word of the lexicon stands, NaN for a text without a word."""
        total = np.array([_total(text) for text in texts], dtype=np.float64)
        scores: Floats = total / np.sqrt(total * total + ALPHA)
        return scores


def _total(text: str) -> float:
    tokens = _TOKEN.findall(text.lower().replace("\u2019", "'"))[:SCORED_WORDS]
    if not any(token not in _BREAKS for token in tokens):
        return np.nan
    total, at = 0.0, 0
    while at < len(tokens):
        length, weight = _weight(tokens, at)
        if weight:
            total += weight * _modifier(tokens, at)
        at += length
    return total


def _weight(tokens: list[str], at: int) -> tuple[int, float]:
    """How many tokens the phrase or word at `at` has, and its weight."""
    if tokens[at] in _PHRASE_STARTS:
        for length in range(_LONGEST, 1, -1):
            phrase = tuple(tokens[at : at + length])
            if phrase in PHRASES and len(phrase) == length:
                return length, PHRASES[phrase]
    return 1, WORDS.get(tokens[at], 0.0)


def _modifier(tokens: list[str], at: int) -> float:
    factor = 1.0
    for back in range(1, NEGATION_REACH + 1):
        token = tokens[at - back] if at >= back else "."
        if token in _BREAKS:
            break
        if token in NEGATIONS:
            return factor * NEGATED
        if back == 1:
            factor = INTENSIFIERS.get(token, 1.0)
    return factor
