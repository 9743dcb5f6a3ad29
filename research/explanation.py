"""Why a stock was or was not traded: what the record holds of one symbol at one session's close."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.bars.store import BarStore
from adapters.calendar import closed_at, session_on, sessions_between
from adapters.exchange_time import can_be_told
from adapters.feature_rows import FeatureRowStore
from adapters.models.contributions import Contributions, contributions_or_why_not
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.decisions import DecisionStore, ScanStore
from adapters.postgres.pool import Pool
from adapters.postgres.regimes import RegimeStore
from trading.errors import BadDataError, ConfigurationError
from trading.views.setups import FEATURES


@dataclass(frozen=True)
class JudgedSetup:
    """One setup of the symbol, as it was scored.

    Attributes:
        direction: +1 long, -1 short.
        in_play: whether it is a long setup of a stock in play.
        features: by name, as seen from the direction (docs/models.md); None = unknown.
        schema: the hash of what the features are and how they were computed.
        note: what differs from the features of now, in words; empty where nothing does.
        contributions: why each model of the ensembles that decided says what it says; empty where nobody asked.
    """

    direction: int
    in_play: bool
    features: Mapping[str, float | None]
    schema: str
    note: str
    contributions: Sequence[Contributions] = ()


@dataclass(frozen=True)
class Explanation:
    """What is on record of a symbol at a close.

    Attributes:
        session: the last one with a scan at or before the day, or that had closed at the time, asked for.
        known_at: its close, UTC: what is told here was decided from what was known then.
        in_play: rank, score, its parts and the reason of the scan; None when the stock was not in play.
        regime: in words; None when none is on record.
        decisions: one an account: views of models and rules, veto, action; empty when nothing was to decide.
        sector: as on record now; since when it is known isn't kept.
        has_bar: whether a daily bar of it is on record for the session; None where nobody looked.
        withheld: why purchases that were decided were not placed: trading was suspended or blocked, or the owner
            refused them; else empty.
        instead: why the answer is of another session than the day that was asked for; empty where it isn't.
        setups: with the features that they were judged by; None where nobody asked for them, empty where no setup of
            the symbol is on record.
    """

    symbol: str
    session: date
    known_at: datetime
    in_play: dict[str, Any] | None
    regime: str | None
    decisions: Sequence[dict[str, Any]]
    sector: str | None = None
    withheld: str = ""
    has_bar: bool | None = None
    instead: str = ""
    setups: Sequence[JudgedSetup] | None = None

    @property
    def said(self) -> str:
        """In one sentence, when there was no decision."""
        if self.decisions:
            return ""
        if self.has_bar is False:
            return (
                f"{self.symbol} has no bar on record for {self.session}, so nothing was to decide. It may be spelt "
                "otherwise, never imported, quarantined, halted or delisted by then."
            )
        if self.in_play is None:
            return f"{self.symbol} was not in play at the close of {self.session}, so nothing was to decide."
        return f"{self.symbol} was in play at the close of {self.session} without a bullish setup; nothing was decided."


def time_or_day(text: str) -> date | datetime:
    """The day, or the instant, that a text names: `2010-05-06`, `2010-05-06T15:59-04:00`, `… 15:59 America/New_York`.

    Raises:
        ConfigurationError: when it is neither, a time without its zone, or in the first or last year of all.
    """
    stamp, _, zone = text.strip().rpartition(" ")
    try:
        named = ZoneInfo(zone) if stamp and "/" in zone else None
        found = datetime.fromisoformat(stamp if named else text.strip())
    except (ValueError, ZoneInfoNotFoundError):
        raise ConfigurationError(
            f"{text!r} is no day and no time. Nothing was looked up. Write it like 2010-05-06, "
            "2010-05-06T15:59-04:00 or '2010-05-06 15:59 America/New_York'."
        ) from None
    if ":" not in text and "T" not in text:
        return found.date()
    found = found.replace(tzinfo=named) if named and found.tzinfo is None else found
    if found.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} has no time zone. Nothing was looked up. Add one, such as {text}-04:00 or {text}Z."
        )
    if not can_be_told(found):
        raise ConfigurationError(f"{text!r} is in a year that nothing can be reckoned with. Nothing was looked up.")
    return found


def explain(
    pool: Pool,
    symbol: str,
    at: date | datetime,
    bars: BarStore | None = None,
    *,
    features: FeatureRowStore | None = None,
    models: Path | None = None,
) -> Explanation:
    """What was known and decided of the symbol at the last close on record up to then.

    Args:
        pool: of the record.
        symbol: upper-case ticker.
        at: a day: its own close counts. An instant with its zone: only what had closed by then counts.
        bars: to see whether there is one of the symbol; nobody looks without them.
        features: to tell what its setups were judged by; nobody looks without them.
        models: folder of the ensembles, to tell with the features what each of them added; nobody looks without it.

    Raises:
        BadDataError: when no such session is on record, or its feature rows are lost.
    """
    session = _last_session(ScanStore(pool), at)
    if session is None:
        raise BadDataError(f"no session up to {at} is on record. Nothing was changed; run `inplay run` first.")
    decisions, regime = DecisionStore(pool).of(session, symbol), RegimeStore(pool).load(session)
    bought = any(one["action"] == "buy" for one in decisions)
    return Explanation(
        symbol,
        session,
        closed_at(session),
        in_play=ScanStore(pool).of(session, symbol),
        regime=regime.words if regime else None,
        decisions=decisions,
        sector=BarRecord(pool).sector(symbol),
        withheld=_not_placed(pool, session, symbol) if bought else "",
        has_bar=None if bars is None else bars.read(session, session, symbols=[symbol]).num_rows > 0,
        instead=_instead(at, session),
        setups=None if features is None else _judged(features, session, symbol, _deciding(models, decisions)),
    )


def _not_placed(pool: Pool, session: date, symbol: str) -> str:
    """Why a purchase of the symbol that was decided wasn't placed: trading was stopped, or the owner said no."""
    refused = ApprovalStore(pool).refusals(session, symbol)
    owner = "; ".join(f"in the account {account}: {why}" for account, why in refused.items())
    return "; ".join(words for words in (ControlRecord(pool).withheld(session), owner) if words)


def _deciding(models: Path | None, decisions: Sequence[Mapping[str, Any]]) -> list[Path]:
    """The folders of the ensembles that were asked, where somebody wants to know."""
    names = dict.fromkeys(name for one in decisions if (name := one["ensemble_id"]))
    return [] if models is None else [models / name for name in names]


def _judged(features: FeatureRowStore, session: date, symbol: str, ensembles: Sequence[Path] = ()) -> list[JudgedSetup]:
    rows = features.of(session, [symbol])
    if rows is None:
        return []
    added = [contributions_or_why_not(folder, rows.columns(FEATURES)) for folder in ensembles]
    untold = [why for why in added if isinstance(why, str)]
    return [
        JudgedSetup(
            direction=int(rows.direction[at]),
            in_play=bool(rows.in_play[at]),
            features={
                name: float(value) if math.isfinite(value) else None
                for name, value in zip(rows.schema.names, rows.matrix[at], strict=True)
            },
            schema=rows.schema.sha256,
            note="; ".join(filter(None, (rows.note(), *untold))),
            contributions=[one for of_rows in added if not isinstance(of_rows, str) for one in of_rows[at]],
        )
        for at in range(len(rows))
    ]


def _instead(at: date | datetime, session: date) -> str:
    """A day is answered by its own close; an instant by the last close before it, whatever day that was."""
    if isinstance(at, datetime) or at == session:
        return ""
    there = len(sessions_between(at, at)) > 0
    why = "the platform has no scan of that session on record" if there else "the exchange had no session"
    return f"Nothing is on record for {at}: {why}. This is of the session before, {session}."


def _last_session(scans: ScanStore, at: date | datetime) -> date | None:
    """The last session with a scan at the day, or whose close had come at the instant."""
    day = session_on(at) if isinstance(at, datetime) else at
    found = scans.sessions(day, 2)
    if isinstance(at, datetime):
        found = [session for session in found if closed_at(session) <= at]
    return found[0] if found else None
