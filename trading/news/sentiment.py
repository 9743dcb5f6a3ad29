"""Sentiment: what a text says of a share, between -1 and +1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from trading.arrays import Floats
from trading.news.grammar import total_of
from trading.news.tokens import tokens_of

ALPHA = 15.0
"""Sum of weights at which the score is half-way: s / sqrt(s² + 15).

Source: Hutto and Gilbert (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text".
"""


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
    """The default: reads what goes which way, by `trading.news.grammar`. English only."""

    name = "lexicon-3"

    def score(self, texts: Sequence[str]) -> Floats:
        """Sentiment of each text, -1 to +1, 0 where no word of the lexicon stands, NaN for a text without a word."""
        total = np.array([_total(text) for text in texts], dtype=np.float64)
        scores: Floats = total / np.sqrt(total * total + ALPHA)
        return scores


def _total(text: str) -> float:
    tokens = tokens_of(text)
    total = total_of(tokens)
    return total if total or any(token[-1].isalnum() for token in tokens) else np.nan
