"""VADER, a lexicon for posts of the public, to compare with where its package is installed.

Source: Hutto and Gilbert (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text".
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from trading.arrays import Floats


class VaderScorer:
    """Its compound score.

    Args:
        analyser: of `vaderSentiment`.
    """

    name = "vader"

    def __init__(self, analyser: Any) -> None:
        self._analyser = analyser

    def score(self, texts: Sequence[str]) -> Floats:
        """See `SentimentScorer`."""
        return np.array([self._analyser.polarity_scores(text)["compound"] for text in texts], dtype=np.float64)


def vader() -> VaderScorer | None:
    """VADER; None where the package `vaderSentiment` isn't installed."""
    try:
        module = importlib.import_module("vaderSentiment.vaderSentiment")
    except ModuleNotFoundError:
        return None
    return VaderScorer(module.SentimentIntensityAnalyzer())
