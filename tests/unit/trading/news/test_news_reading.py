"""Sentiment, kind of catalyst, and their evaluation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trading.errors import BadDataError
from trading.news.evaluation import evaluate, sentiment_label, sentiment_labels
from trading.news.kinds.catalyst import KINDS, kinds_of
from trading.news.sentiment import LexiconScorer

SCORER = LexiconScorer()


def _score(text: str) -> float:
    return float(SCORER.score([text])[0])


def test_the_score_is_the_bounded_sum_of_weights() -> None:
    """The word "beats" weighs 2: 2 / sqrt(4 + 15); without a word of the lexicon 0; without any word NaN."""
    assert _score("Acme beats") == pytest.approx(2 / math.sqrt(19))
    assert _score("Acme meets its shareholders") == 0
    assert math.isnan(_score("...!"))


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("Acme not profitable", "Acme profitable"),
        ("Acme doesn't beat estimates", "Acme beats estimates"),
        ("Acme doesn\u2019t beat estimates", "Acme beats estimates"),
        ("Acme fraud", "No fraud at Acme"),
        ("shares fall sharply, sharply lower", "shares slightly lower"),
        ("price target cut", "Acme cuts costs"),
        ("wider loss", "narrower loss"),
        ("Acme files for bankruptcy", "Acme misses estimates"),
    ],
)
def test_negation_intensity_and_phrases_move_the_score(lower: str, higher: str) -> None:
    """The first of two texts is worse for the share than the second."""
    assert _score(lower) < _score(higher)


def test_a_negation_ends_with_its_sentence() -> None:
    """The word "No." before a good word in the next sentence turns nothing."""
    assert _score("No. Profitable") == _score("Profitable")


def test_scores_stay_within_one_whatever_the_length() -> None:
    """A text of one word ten thousand times is bounded, and neither order nor neighbours change a score."""
    scores = SCORER.score(["soars " * 10_000, "crash " * 10_000, ""])
    assert scores[0] <= 1
    assert scores[1] >= -1
    assert math.isnan(scores[2])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FDA approves Merck's melanoma drug", "fda_clinical"),
        ("Biotech's Phase 3 trial meets primary endpoint", "fda_clinical"),
        ("Pfizer to acquire Allergan for $160 billion", "merger"),
        ("Exxon to buy Pioneer for $59.5 billion", "merger"),
        ("Kroger to buy Albertsons in $24.6B deal", "merger"),
        ("Chevron agrees to buy Hess for $53bn in stock", "merger"),
        ("HPE nears deal to buy Juniper", "merger"),
        ("Spirit Airlines rejects JetBlue bid", "merger"),
        ("Consortium to take Toshiba private", "merger"),
        ("Funds take advantage of private credit", "other"),
        ("Delta to buy 100 jets for $10 billion", "other"),
        ("Apple to buy back shares for $110 billion", "other"),
        ("Acme announces pricing of public offering of common stock", "offering"),
        ("Tesla raises full-year guidance", "guidance"),
        ("Apple beats Q1 estimates", "earnings"),
        ("Goldman downgrades Intel to sell", "analyst_action"),
        ("bp plc price target cut to $ 42.00 by analysts", "analyst_action"),
        ("$ lmt : lockheed wins space radar contract URL", "contract"),
        ("apple faced more patent lawsuits than any other company in 2013", "legal"),
        ("Intel CEO Bob Swan steps down", "management"),
        ("IBM names Jane Doe chief executive", "management"),
        ("weekly dow stocks trend", "other"),
        ("Maine lobster harvest ends", "other"),
    ],
)
def test_a_headline_has_the_kind_that_a_reader_would_say(text: str, kind: str) -> None:
    """One or two plain headlines of each kind, and some of none."""
    assert kinds_of([text]) == [kind]
    assert kind in KINDS


def test_figures_equal_those_counted_by_hand() -> None:
    """Of a, a, a, b, c taken for a, a, b, b, a: 3 of 5; F1 of a 4/6, of b 2/3, of c 0; always a: 3 of 5, F1 6/8."""
    result = evaluate(["a", "a", "a", "b", "c"], ["a", "a", "b", "b", "a"])
    assert result.labels == ("a", "b", "c")
    assert result.confusion.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert result.accuracy == 3 / 5
    assert result.macro_f1 == pytest.approx((4 / 6 + 2 / 3 + 0) / 3)
    assert (result.majority_label, result.majority_accuracy) == ("a", 3 / 5)
    assert result.majority_macro_f1 == pytest.approx((6 / 8) / 3)


def test_nothing_to_evaluate_is_said() -> None:
    """Without a text there is no accuracy."""
    with pytest.raises(BadDataError, match="nothing was evaluated"):
        evaluate([], [])


def test_labels_in_every_usual_spelling_are_understood() -> None:
    """Words, signs and numbers mean the same; what means nothing is None."""
    assert [sentiment_label(text) for text in ("Positive", "1", "1.0", "bullish", "-1", "0", "huh")] == [
        "positive", "positive", "positive", "positive", "negative", "neutral", None,
    ]  # fmt: skip


def test_scores_near_zero_are_neutral() -> None:
    """The three labels follow the sign of the score beyond 0.05, and a text without words is neutral."""

    class Fixed:
        name = "fixed"

        def score(self, _texts: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            return np.array([0.06, 0.05, -0.05, -0.06, np.nan])

    expected = ["positive", "neutral", "neutral", "negative", "neutral"]
    assert sentiment_labels(Fixed(), [""] * 5) == expected
