"""The models of the ensemble and their weights (strategy, section 4.2): a model is one file here and one line below."""

from __future__ import annotations

from trading.views.members.catalyst import CATALYST
from trading.views.members.member import Members
from trading.views.members.outcome import OUTCOME
from trading.views.members.pattern import PATTERN

MEMBERS = Members((
    PATTERN,
    CATALYST,
    OUTCOME,
))  # fmt: skip
