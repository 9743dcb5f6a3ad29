"""Constants that are tried: today's first, the same for the same seed, each within its bounds."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import islice

import pytest

from trading.views.rule_system import RULES, RuleConstants
from tune.rules.proposals import BUY_AT, RSI_WITHIN, VOLUME_RATIOS, WEIGHTS, proposals, words


def test_the_first_is_todays_and_more_begin_with_the_same() -> None:
    """So a search that is stopped by the clock is the beginning of one that isn't."""
    few, many = list(islice(proposals(7), 20)), list(islice(proposals(7), 200))
    assert few[0] == RULES
    assert many[:20] == few
    assert list(islice(proposals(8), 20)) != few


def test_all_differ_and_every_weight_is_a_twentieth_of_one() -> None:
    """Weights add up to one, so that a confidence stays between 0 and 1."""
    found = list(islice(proposals(3), 500))
    assert len(set(found)) == 500
    for one in found:
        told = asdict(one)
        assert sum(told[name] for name in WEIGHTS) == pytest.approx(1.0)
        assert all(round(told[name] * 20, 6) == round(told[name] * 20) for name in WEIGHTS)
        assert min(told[name] for name in WEIGHTS) >= 0
        assert one.volume_ratio in VOLUME_RATIOS
        assert one.rsi_within in RSI_WITHIN
        assert one.buy_at in BUY_AT


def test_a_space_that_is_used_up_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is proposed twice; where nothing else is left the proposals end."""
    one = replace(RULES, buy_at=0.5)
    monkeypatch.setattr("tune.rules.proposals._drawn", lambda *_: one)
    assert list(proposals(1)) == [RULES, one]


def test_in_words_no_two_read_alike() -> None:
    """The ledger tells trials apart by them."""
    found = list(islice(proposals(5), 300))
    assert len({words(one) for one in found}) == 300
    assert words(RuleConstants()) == (
        "pattern 20 trend 20 volume 20 rsi 10 average 10 strength 10 catalyst 10, volume ratio 1.5, RSI within 20, "
        "buy at 0.60"
    )
