"""What a model can be asked to reach on a sealed span."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats
from trading.errors import ConfigurationError
from trading.performance.metrics.sharpe import session_sharpes
from trading.trials.sealing import Bar, Verdict
from tune.judgement.evaluate import auc
from tune.judgement.trial_returns import session_returns
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class BarMetric:
    """A figure of a model's strengths on setups that it hadn't seen; more is better.

    Attributes:
        of: strengths, then the setups; NaN where it isn't defined.
        least: smallest value that it can have, `most` the largest.
        says: what it is.
    """

    of: Callable[[Floats, TrainingSet], float]
    least: float
    most: float
    says: str


def accuracy(strength: Floats, data: TrainingSet) -> float:
    """Share of setups that were called right, a strength above one half being a yes."""
    return float(np.mean((strength > 0.5) == (data.success > 0)))  # noqa: PLR2004


def mcc(strength: Floats, data: TrainingSet) -> float:
    """Correlation of calls and outcomes; NaN where either is always the same.

    Source:
        Matthews (1975), Comparison of the predicted and observed secondary structure of T4 phage lysozyme.
    """
    calls, won = strength > 0.5, data.success > 0  # noqa: PLR2004
    if calls.all() or won.all() or not calls.any() or not won.any():
        return math.nan
    return float(np.corrcoef(calls, won)[0, 1])


def mean_return(strength: Floats, data: TrainingSet) -> float:
    """Mean over the sessions of what the fifth in play that is ranked highest returned, after costs, as a fraction."""
    return float(session_returns(strength, data)[1].mean())


def sharpe(strength: Floats, data: TrainingSet) -> float:
    """Sharpe ratio per session of the same."""
    return float(session_sharpes(session_returns(strength, data)[1][None, :])[0])


METRICS: Mapping[str, BarMetric] = {
    "auc": BarMetric(lambda strength, data: auc(strength, data.success), 0.0, 1.0, "area under the ROC curve"),
    "accuracy": BarMetric(accuracy, 0.0, 1.0, "share of setups called right"),
    "mcc": BarMetric(mcc, -1.0, 1.0, "Matthews correlation of calls and outcomes"),
    "mean_return": BarMetric(mean_return, -1.0, math.inf, "mean net return a session of the fifth ranked highest"),
    "sharpe": BarMetric(sharpe, -math.inf, math.inf, "Sharpe ratio per session of that fifth"),
}


def require_possible(bar: Bar) -> None:
    """The bar is one that a model could reach and could miss.

    Raises:
        ConfigurationError: when there is no such metric, or it can't be that high or that low.
    """
    metric = METRICS.get(bar.metric)
    if metric is None:
        raise ConfigurationError(
            f"{bar.metric!r} is no metric of a bar; there are {', '.join(METRICS)}. Nothing was changed."
        )
    if not (math.isfinite(bar.at_least) and metric.least < bar.at_least <= metric.most):
        raise ConfigurationError(
            f"{bar.metric} lies between {metric.least:g} and {metric.most:g}; {bar.at_least:g} is no bar. Nothing was "
            "changed."
        )


def judged(bar: Bar, strength: Floats, data: TrainingSet) -> Verdict:
    """Whether the bar is reached; where the figure isn't defined it is missed.

    Args:
        bar: to be reached.
        strength: of each setup, by the model.
        data: the setups of the span with their outcomes.
    """
    value = METRICS[bar.metric].of(strength, data)
    known = value if math.isfinite(value) else None
    return Verdict(known, known is not None and known >= bar.at_least, len(data), len(np.unique(data.session)))
