"""Signals: what each model says about a symbol at its latest bar, and what is decided."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from serve.deciding import doubt_of, roles_at, rules_for
from serve.desk import Desk
from serve.members import ByMember
from serve.parameters import MAX_ROWS, Limit
from serve.schema import Probability, Schema, Symbol, Text
from serve.sources import Service, Sources
from trading.cycle.stages import rule_inputs
from trading.errors import BadDataError, UnavailableError
from trading.risk.decision_rules import DecisionRules
from trading.risk.model_risk import Doubt, by_ensemble
from trading.views.ensemble import Views
from trading.views.members.member import Member
from trading.views.members.registry import MEMBERS
from trading.views.rule_system import BUY_AT, confidence, reasons
from trading.views.setups import FEATURES, Setups

router = APIRouter()
BROUGHT_UP_S: Final = 5.0
"""How long services are waited for that a starting session needs as well; the client waits for 10 s."""
PAUSE_S: Final = 0.3
WEIGHED = " + ".join(f"{weight:g}·p_{name}" for name, weight in zip(MEMBERS.names, MEMBERS.weights, strict=True))


class SignalsRequest(Schema):
    """The symbols to score."""

    symbols: list[Symbol] = Field(
        min_length=1, max_length=500, description="1 to 500 tickers; repeats are scored once.", examples=[["AAPL", "F"]]
    )


class RuleView(Schema):
    """What the rule-based system says on its own, without any model."""

    confidence: Probability | None = Field(description="0 to 1; null when no rule applies.", examples=[0.58])
    view: Literal["long", "short", "none"] = Field(description="The direction the rule would take.")
    why: str = Field(description="In words.", examples=["engulfing up on 2.4x volume, above its 20-session average"])


class Signal(ByMember):
    """One symbol at its latest bar: each model's probability, the weighted ensemble, the rule's view, the decision."""

    symbol: Symbol
    session: date = Field(description="Exchange session of the bar that was scored.", examples=["2010-04-14"])
    patterns: list[str] = Field(
        description="Candlesticks and chart patterns that ended on this bar; +/- is their direction, no sign is none.",
        examples=[["+engulfing", "+bull_flag", "doji"]],
    )
    probabilities: Mapping[str, Probability | None]
    expected_return: float | None = Field(
        description="Expected return of the trade after costs, as a fraction, calibrated on setups unseen in training.",
        examples=[0.0062],
    )
    expected_low: float | None = Field(description="Lower end of its 95 % interval.", examples=[-0.0011])
    expected_high: float | None = Field(description="Upper end of its 95 % interval.", examples=[0.0135])
    probability: Probability | None = Field(
        description="That the trade makes money after costs, calibrated likewise.", examples=[0.47]
    )
    strength: Probability | None = Field(
        description=f"{WEIGHED} in most sessions; in a regime in which a model was clearly better or worse than the "
        "others its weight is 1.5 or 0.5 times that, and the weights add up to one again. Null when one of them is.",
        examples=[0.582],
    )
    rank: Probability | None = Field(
        description="Share of setups unseen in training that the models gave a lower strength.", examples=[0.87]
    )
    confidence: Probability | None = Field(
        description="How far the rank is from the middle: |2·rank - 1|; below 0.60 the rules decide.", examples=[0.74]
    )
    disagreement: float | None = Field(
        ge=0, le=1, description="Largest minus smallest of the members' probabilities.", examples=[0.06]
    )
    disagreement_rank: Probability | None = Field(
        description="Share of setups unseen in training on which the members lay closer together.", examples=[0.4]
    )
    rule: RuleView
    decision: Literal["buy", "none"] = Field(description="What the hybrid account does with it.")
    source: Literal["ensemble", "rule"] = Field(description="Which of the two decided, after the model-risk rules.")
    reason: str = Field(description="In words.", examples=["ensemble 0.58 is under 0.60: left to the rule, which buys"])
    model_rules: list[str] = Field(description="Rules of model risk that acted.", examples=[["small_move"]])
    ensemble_id: str | None = Field(description="The models that scored it; null where none had a role.")

    @classmethod
    def describe(cls, member: Member) -> dict[str, Any]:
        """As the member says itself."""
        return {"description": member.says, "examples": [member.example]}


class Signals(Schema):
    """Signals in the order asked for (or strongest first when no symbols were asked for)."""

    session: date | None = Field(description="The latest session that the platform knows; null before the first one.")
    signals: list[Signal]
    unknown_symbols: list[Symbol] = Field(description="Symbols asked for that have no bar.", examples=[["ZZZZ"]])


SymbolList = Annotated[
    Text | None,
    Query(
        max_length=11 * MAX_ROWS,
        description="Tickers, comma-separated, 1 to 500; without it the latest session's stocks in play.",
        examples=["AAPL,F"],
    ),
]


class Latest(Protocol):
    """The latest bar of some symbols as long setups, pattern or not."""

    @property
    def session(self) -> date:
        """Of the bars."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Those with a bar."""
        ...

    @property
    def setups(self) -> Setups:
        """One row a symbol."""
        ...

    @property
    def pattern_names(self) -> tuple[tuple[str, ...], ...]:
        """Of each symbol, with + or - for the direction, bare without one."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """Symbols without a bar in the session."""
        ...


class PatternRecognition(Protocol):
    """What is asked of `pattern_recognition`."""

    def latest(self, symbols: tuple[str, ...] | None) -> Latest:
        """The features of symbols at the last session; all symbols with a bar if None."""
        ...


PATTERN_RECOGNITION: Final = Service[PatternRecognition]("pattern_recognition")


class Coordinator(Protocol):
    """What is asked of `coordinator`."""

    def refresh(self, session: date) -> None:
        """The services know a complete session again after a restart; nothing is added."""
        ...


COORDINATOR: Final = Service[Coordinator]("coordinator")


@dataclass(frozen=True)
class _Seen:
    """What the champion and the rules say of one setup; see `trading.risk.model_risk.View`."""

    strength: float
    rank: float
    expected_return: float
    disagreement_rank: float
    rule_confidence: float
    trouble: str


def read(sources: Sources, symbols: Sequence[str] | None, limit: int) -> Signals:
    """Scores at the latest bar.

    Args:
        sources: the record, the actors and the ensemble.
        symbols: distinct tickers, answered in this order; `None` = the latest session's stocks in play, strongest
            first.
        limit: most signals to return; never under `len(symbols)`.
    """
    asked = _in_play(sources, limit) if symbols is None else tuple(symbols)
    latest = _latest(sources, asked)
    roles = roles_at(sources, latest.session)
    versions = () if roles.champion is None else (roles.champion,)
    found = sources.actors.score(latest.setups.matrix, versions) if versions else {}
    views = next(iter(found.values()), Views.unknown(len(latest.setups)))
    signals = signals_of(latest, views, rules_for(sources, roles), doubt_of(sources, latest.session, roles))
    if symbols is None:
        signals.sort(key=lambda signal: -(signal.strength or 0.0))
    return Signals(session=latest.session, signals=signals[:limit], unknown_symbols=list(latest.missing))


def _in_play(sources: Sources, limit: int) -> tuple[str, ...]:
    _, rows = sources.queries.last_scan(limit)
    return tuple(row.symbol for row in rows)


def _latest(sources: Sources, symbols: tuple[str, ...]) -> Latest:
    """Features at the latest complete session or a later one; services that were restarted since are brought up.

    A run that begins the next session meanwhile takes them there: they are asked again until they know it.

    Raises:
        UnavailableError: when they are still on the way after `BROUGHT_UP_S`.
    """
    complete = sources.queries.progress().last_session
    until = time.monotonic() + BROUGHT_UP_S
    while True:
        try:
            latest = sources.actors.ask(PATTERN_RECOGNITION, PatternRecognition.latest, symbols)
            if complete is None or latest.session >= complete:
                return latest
        except UnavailableError:
            if complete is None:
                raise
        if time.monotonic() > until:
            raise UnavailableError("The services are on their way to the next session; nothing is lost. Try again.")
        try:
            sources.actors.ask(COORDINATOR, Coordinator.refresh, complete)
        except (UnavailableError, BadDataError):  # a later session took the services away in between
            time.sleep(PAUSE_S)


def signals_of(latest: Latest, views: Views, limits: DecisionRules, doubt: Doubt | None = None) -> list[Signal]:
    """One signal per symbol of `latest`, in order; a symbol without a bullish pattern is scored but never bought."""
    rules = rule_inputs(latest.setups)
    rule_confidence = confidence(rules)
    ranges = latest.setups.matrix[:, FEATURES.index("atr_pct")]
    out = []
    for i, symbol in enumerate(latest.symbols):
        seen = _Seen(
            strength=float(views.strength[i]), rank=float(views.rank[i]), rule_confidence=float(rule_confidence[i]),
            expected_return=float(views.expected_return[i]), disagreement_rank=float(views.disagreement_rank[i]),
            trouble=views.trouble,
        )  # fmt: skip
        stop_return = limits.outcome.stop_atr * float(ranges[i])
        verdict = by_ensemble(seen, limits.model_risk, falls_back=True, stop_return=stop_return, doubt=doubt)
        bullish = any(name.startswith("+") for name in latest.pattern_names[i])
        buy = verdict.buy and bullish
        why = ", ".join(reasons(rules, i)) or "no condition holds"
        out.append(
            Signal(
                symbol=symbol,
                session=latest.session,
                patterns=list(latest.pattern_names[i]),
                probabilities={member: _known(p) for member, p in views.at(i).items()},
                expected_return=_known(views.expected_return[i]),
                expected_low=_known(views.expected_low[i]),
                expected_high=_known(views.expected_high[i]),
                probability=_known(views.probability[i]),
                strength=_known(seen.strength),
                rank=_known(seen.rank),
                confidence=_known(abs(2 * seen.rank - 1)),
                disagreement=_known(float(views.disagreement[i])),
                disagreement_rank=_known(seen.disagreement_rank),
                model_rules=list(verdict.acted),
                rule=RuleView(
                    confidence=float(rule_confidence[i]),
                    view="long" if rule_confidence[i] >= BUY_AT and bullish else "none",
                    why=why,
                ),
                decision="buy" if buy else "none",
                source=verdict.source,
                reason=verdict.reason + ("" if bullish else "; no bullish pattern at this bar, so no entry"),
                ensemble_id=views.ensemble_id,
            )
        )
    return out


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


@router.post("/signals", tags=["signals"], summary="Score symbols at their latest bar")
async def post_signals(request: SignalsRequest, desk: Desk) -> Signals:
    """Each model's probability, the weighted ensemble, the rule's view, the decision and why.

    Reads only: no order is given. Symbols without a bar are listed in `unknown_symbols`.
    """
    symbols = list(dict.fromkeys(request.symbols))
    return await desk.ask(read, symbols, len(symbols))


@router.get("/signals", tags=["signals"], summary="Signals of a few symbols, or of the stocks in play")
async def get_signals(desk: Desk, symbols: SymbolList = None, limit: Limit = 100) -> Signals:
    """The same as POST for `curl`; `limit` counts only when no symbols are named."""
    if symbols is None:
        return await desk.ask(read, None, limit)
    try:
        request = SignalsRequest(symbols=symbols.split(","))
    except ValidationError as err:
        raise RequestValidationError([{**error, "loc": ("query", *error["loc"])} for error in err.errors()]) from err
    return await post_signals(request, desk)
