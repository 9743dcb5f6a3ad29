"""What figures are sums of: a column a quantity, a row a setup, so that a resample of sessions is a product."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trading.arrays import Flags, Floats
from trading.views.rule_system import BUY_AT
from tune.judgement.report.out_of_fold import OutOfFold
from tune.judgement.trial_returns import chosen_rows

LEAST = 1e-6
"""Probabilities are kept so far from 0 and 1."""
FIGURES = (
    "success", "accuracy", "majority", "rule", "logistic", "less_majority", "precision", "recall", "mcc", "auc",
    "logistic_auc", "brier", "brier_base", "log_loss", "log_loss_base", "false_positives", "rule_false_positives",
    "false_positives_less_rules", "profit", "profit_in_play", "profit_less_in_play",
)  # fmt: skip
"""In the order of the report."""


def columns_of(said: OutOfFold) -> dict[str, Floats]:
    """The columns of every setup."""
    test, won = said.test, said.test.success > 0
    calls, rule = said.strength > 0.5, test.rule_confidence >= BUY_AT  # noqa: PLR2004
    traded = np.zeros(len(test), dtype=np.bool_)
    traded[chosen_rows(said.strength, test)] = True
    flags = {
        "success": won, "calls": calls, "true_calls": calls & won, "rule_calls": rule, "true_rule_calls": rule & won,
        "right": calls == won, "majority_right": said.yes == won, "rule_right": rule == won,
        "logistic_right": (said.logistic > 0.5) == won, "trades": traded, "in_play": test.in_play,  # noqa: PLR2004
    }  # fmt: skip
    out = {name: values.astype(np.float64) for name, values in flags.items()}
    return out | {
        "setups": np.ones(len(test)), "strength": said.strength, "logistic": said.logistic,
        "squared": (said.strength - won) ** 2, "squared_base": (said.base_rate - won) ** 2,
        "loss": loss(said.strength, won), "loss_base": loss(said.base_rate, won),
        "earned": test.net_return * traded, "earned_in_play": test.net_return * test.in_play,
    }  # fmt: skip


def loss(probability: Floats, won: Flags) -> Floats:
    """Negative log likelihood of each."""
    p = np.clip(probability, LEAST, 1 - LEAST)
    return np.asarray(-np.log(np.where(won, p, 1 - p)))


def placements(chosen: Mapping[str, Floats]) -> dict[str, Floats]:
    """Where each success stands among the failures and each failure among the successes, of both scores.

    A success's place is the share of failures below it, a failure's the share of successes above it, ties half. Their
    means are the AUC.
    """
    won = chosen["success"] > 0
    out: dict[str, Floats] = {}
    for name, score in (("placed", chosen["strength"]), ("logistic_placed", chosen["logistic"])):
        place = np.empty(len(score))
        place[won] = _below(score[won], score[~won])
        place[~won] = 1.0 - _below(score[~won], score[won])
        out |= {f"{name}_success": np.where(won, place, 0.0), f"{name}_failure": np.where(won, 0.0, place)}
    return out


def _below(score: Floats, among: Floats) -> Floats:
    ordered = np.sort(among)
    both = np.searchsorted(ordered, score, side="left") + np.searchsorted(ordered, score, side="right")
    return np.asarray(both / (2.0 * len(ordered)))


def shares(total: Mapping[str, Floats], whole: Mapping[str, Floats]) -> dict[str, Floats]:
    """The figures from sums of the columns, NaN where not defined; of one sample, or of many at once.

    The AUC of a resample is linear in it: the mean places of its successes and of its failures, less the AUC itself,
    which is near the exact figure and costs no sort.

    Args:
        total: sums over the sessions that were drawn.
        whole: over all sessions, each once.

    Source:
        Hájek's projection of the Mann-Whitney statistic; Matthews (1975).
    """
    n, won, yes, hits = (np.asarray(total[name], np.float64) for name in ("setups", "success", "calls", "true_calls"))
    rule, rule_hits = np.asarray(total["rule_calls"], np.float64), np.asarray(total["true_rule_calls"], np.float64)
    lost = n - won
    with np.errstate(invalid="ignore", divide="ignore"):
        out = {
            "success": won / n, "accuracy": total["right"] / n, "majority": total["majority_right"] / n,
            "rule": total["rule_right"] / n, "logistic": total["logistic_right"] / n, "precision": hits / yes,
            "less_majority": (total["right"] - total["majority_right"]) / n, "recall": hits / won,
            "mcc": (n * hits - yes * won) / np.sqrt(yes * (n - yes) * won * lost),
            "brier": total["squared"] / n, "brier_base": total["squared_base"] / n,
            "log_loss": total["loss"] / n, "log_loss_base": total["loss_base"] / n,
            "false_positives": 1 - hits / yes, "rule_false_positives": 1 - rule_hits / rule,
            "profit": total["earned"] / total["trades"], "profit_in_play": total["earned_in_play"] / total["in_play"],
        }  # fmt: skip
        out["false_positives_less_rules"] = out["false_positives"] - out["rule_false_positives"]
        out["profit_less_in_play"] = out["profit"] - out["profit_in_play"]
        for name, figure in (("placed", "auc"), ("logistic_placed", "logistic_auc")):
            itself = whole[f"{name}_success"] / whole["success"]
            out[figure] = total[f"{name}_success"] / won + total[f"{name}_failure"] / lost - itself
    return out
