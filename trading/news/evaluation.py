"""How good a classifier of texts is, on texts that somebody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats, Ints
from trading.errors import BadDataError
from trading.news.sentiment import SentimentScorer

SENTIMENTS = ("negative", "neutral", "positive")
NEUTRAL_WITHIN = 0.05
"""A score closer to zero is neutral, as with VADER's compound score."""
SPELLINGS = {
    "-1": "negative", "0": "neutral", "1": "positive", "+1": "positive", "bearish": "negative", "bullish": "positive",
    "neg": "negative", "neu": "neutral", "pos": "positive", "none": "neutral", "+": "positive", "-": "negative",
    "bear": "negative", "bull": "positive", "mixed": "neutral",
}  # fmt: skip


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        labels: every label that was given or found, ascending.
        confusion: `confusion[i, j]` texts with label `i` were taken for `j`.
        accuracy: share of texts that were taken for what they are.
        macro_f1: mean over the labels that were given of their F1, each counting the same however rare.
        majority_label: the most frequent label; always answering it has accuracy `majority_accuracy`.
    """

    labels: tuple[str, ...]
    confusion: Ints
    accuracy: float
    macro_f1: float
    majority_label: str
    majority_accuracy: float
    majority_macro_f1: float

    @property
    def precision(self) -> Floats:
        """Of the texts taken for each label, which share has it; NaN where none was taken for it."""
        taken = self.confusion.sum(axis=0)
        share: Floats = np.divide(self.confusion.diagonal(), taken, out=np.full(len(taken), np.nan), where=taken > 0)
        return share

    @property
    def recall(self) -> Floats:
        """Of the texts with each label, which share was taken for it; NaN where none has it."""
        support = self.confusion.sum(axis=1)
        share: Floats = np.divide(
            self.confusion.diagonal(), support, out=np.full(len(support), np.nan), where=support > 0
        )
        return share

    @property
    def texts(self) -> int:
        """How many texts were labelled."""
        return int(self.confusion.sum())


def evaluate(truth: Sequence[str], found: Sequence[str]) -> Evaluation:
    """How well `found` agrees with `truth`.

    Raises:
        BadDataError: when there is no text.
    """
    if not truth:
        raise BadDataError("there is no labelled text; nothing was evaluated")
    labels, codes = np.unique(np.array([*truth, *found]), return_inverse=True)
    given, taken = codes[: len(truth)], codes[len(truth) :]
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(confusion, (given, taken), 1)
    support = confusion.sum(axis=1)
    most = int(support.argmax())
    majority = np.zeros_like(confusion)
    majority[:, most] = support
    return Evaluation(
        labels=tuple(labels.tolist()),
        confusion=confusion,
        accuracy=float(confusion.trace() / support.sum()),
        macro_f1=_macro_f1(confusion),
        majority_label=str(labels[most]),
        majority_accuracy=float(support[most] / support.sum()),
        majority_macro_f1=_macro_f1(majority),
    )


def _macro_f1(confusion: Ints) -> float:
    support, taken, right = confusion.sum(axis=1), confusion.sum(axis=0), confusion.diagonal()
    there = support > 0  # a label that nobody gave has no recall
    return float(np.mean(2 * right[there] / (support + taken)[there]))


def sentiment_label(text: str) -> str | None:
    """The label in our words, None when it isn't one: `positive`, `bullish`, `1`, `1.0` are the same."""
    word = text.strip().lower().removesuffix(".0")
    word = SPELLINGS.get(word, word)
    return word if word in SENTIMENTS else None


def sentiment_labels(scorer: SentimentScorer, texts: Sequence[str]) -> list[str]:
    """What the scorer takes each text for; a text without a word is neutral."""
    scores = np.nan_to_num(scorer.score(texts))
    code = (scores > NEUTRAL_WITHIN).astype(np.int64) - (scores < -NEUTRAL_WITHIN) + 1
    return [SENTIMENTS[at] for at in code.tolist()]
