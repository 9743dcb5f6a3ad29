"""The routes under /v1. Each asks the backend one question; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBearer
from pydantic import ValidationError

from research.explanation import time_or_day
from serve.asking import Asker
from serve.port import Backend
from serve.problems import PROBLEM_MEDIA_TYPE
from serve.schemas import (
    Book,
    Catalysts,
    Costs,
    EquityCurves,
    Explanation,
    Health,
    Models,
    News,
    Orders,
    Patterns,
    PatternStatistics,
    Performance,
    PlatformStatus,
    Portfolio,
    Positions,
    Progress,
    Regime,
    Scan,
    Signals,
    SignalsRequest,
    Storage,
    Symbol,
    Trades,
    Trading,
    TradingChange,
)
from serve.stream import Streams
from trading.errors import ConfigurationError

MAX_ROWS = 500


@dataclass(frozen=True)
class Desk:
    """What the routes need: the backend, the way to ask it, the open streams."""

    backend: Backend
    asker: Asker
    streams: Streams


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)  # noqa: S101 - set by create_app; narrows the type
    return desk


def _documented(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}}


TheDesk = Annotated[Desk, Depends(_desk)]
Limit = Annotated[int, Query(ge=1, le=MAX_ROWS, description=f"Most rows to return, 1 to {MAX_ROWS}.")]
OneBook = Annotated[Book | None, Query(description="One account only.")]
OneSession = Annotated[date | None, Query(description="The latest one by default.", examples=["2010-05-06"])]
OneTime = Annotated[
    str | None,
    Query(
        max_length=60, description="A day, or a time with its zone; now by default.",
        examples=["2010-05-06", "2010-05-06T15:59-04:00"],
    ),
]  # fmt: skip
OneSymbol = Annotated[Symbol | None, Query(description="About this company only.", examples=["AAPL"])]
SymbolList = Annotated[
    str | None,
    Query(
        max_length=11 * MAX_ROWS,
        description="Tickers, comma-separated, 1 to 500; without it the latest session's stocks in play.",
        examples=["AAPL,F"],
    ),
]
ConditionName = Annotated[
    str, Query(max_length=40, description="`all`, or one of the answer's `conditions`.", examples=["rsi"])
]
ConditionLabel = Annotated[
    str | None, Query(max_length=40, description="One label of the condition.", examples=["25-35"])
]

router = APIRouter(
    prefix="/v1",
    # The gate before the app refuses; this makes /docs offer the field for the token.
    dependencies=[Depends(HTTPBearer(auto_error=False, description="The token that `inplay run` printed."))],
    responses={
        **_documented(401, "No token, or a wrong one."),
        **_documented(422, "The request does not fit the schema."),
        **_documented(503, "The platform can't be asked now; try again after Retry-After seconds."),
    },
)


@router.post("/signals", tags=["signals"], summary="Score symbols at their latest bar")
async def post_signals(request: SignalsRequest, desk: TheDesk) -> Signals:
    """Each model's probability, the weighted ensemble, the rule's view, the decision and why.

    Reads only: no order is given. Symbols without a bar are listed in `unknown_symbols`.
    """
    symbols = list(dict.fromkeys(request.symbols))
    return await desk.asker.ask(desk.backend.signals, symbols, len(symbols))


@router.get("/signals", tags=["signals"], summary="Signals of a few symbols, or of the stocks in play")
async def get_signals(desk: TheDesk, symbols: SymbolList = None, limit: Limit = 100) -> Signals:
    """The same as POST for `curl`; `limit` counts only when no symbols are named."""
    if symbols is None:
        return await desk.asker.ask(desk.backend.signals, None, limit)
    try:
        request = SignalsRequest(symbols=symbols.split(","))
    except ValidationError as err:
        raise RequestValidationError([{**error, "loc": ("query", *error["loc"])} for error in err.errors()]) from err
    return await post_signals(request, desk)


@router.get("/scanner", tags=["market"], summary="Today's stocks in play")
async def get_scanner(desk: TheDesk, limit: Limit = 100) -> Scan:
    """The scan of the latest session, by rank, each with its reasons; how many were left out and why."""
    return await desk.asker.ask(desk.backend.scanner, limit)


@router.get("/regime", tags=["market"], summary="The market's regime")
async def get_regime(desk: TheDesk, session: OneSession = None) -> Regime:
    """Trend, volatility, driver and leading sectors as they were seen at the close; nulls where none is on record."""
    return await desk.asker.ask(desk.backend.regime, session)


@router.get("/explanations/{symbol}", tags=["market"], summary="Why it was or wasn't traded")
async def get_explanation(symbol: Symbol, desk: TheDesk, at: OneTime = None) -> Explanation:
    """The decision known at that time for each account: models, rules, regime, risk, action; from the record."""
    try:
        wanted = None if at is None else time_or_day(at)
    except ConfigurationError as err:
        error = {"type": "value_error", "loc": ("query", "at"), "msg": str(err), "input": at}
        raise RequestValidationError([error]) from err
    return await desk.asker.ask(desk.backend.explanation, symbol, wanted)


@router.get("/patterns", tags=["market"], summary="The record of the patterns")
async def get_patterns(desk: TheDesk, limit: Limit = 200) -> Patterns:
    """How often each pattern was recorded and how its outcomes were."""
    return await desk.asker.ask(desk.backend.patterns, limit)


@router.get("/patterns/statistics", tags=["market"], summary="The patterns beside random candles")
async def get_pattern_statistics(
    desk: TheDesk, condition: ConditionName = "all", label: ConditionLabel = None, limit: Limit = 200
) -> PatternStatistics:
    """Success by pattern and condition, and whether it is more than that of random candles of the same symbols.

    Candlesticks and chart patterns; those without a direction are counted and come last.

    Measured anew after each session, off the path of requests; until then the answer is that of an earlier session, as
    its `last_session` says. Only the first one since the start has to be waited for.
    """
    return await desk.asker.ask(desk.backend.pattern_statistics, condition, label, limit)


@router.get("/catalysts", tags=["market"], summary="Catalysts")
async def get_catalysts(desk: TheDesk, limit: Limit = 100) -> Catalysts:
    """Events that may put a stock in play, latest first, with the time from which they could be known."""
    return await desk.asker.ask(desk.backend.catalysts, limit)


@router.get("/news", tags=["market"], summary="News")
async def get_news(desk: TheDesk, symbol: OneSymbol = None, limit: Limit = 20) -> News:
    """The latest articles on record with companies, sentiment and kind, and how the sources that are followed do."""
    return await desk.asker.ask(desk.backend.news, symbol, limit)


@router.get("/portfolio", tags=["accounts"], summary="Both accounts")
async def get_portfolio(desk: TheDesk) -> Portfolio:
    """Cash, positions and equity at the latest close."""
    return await desk.asker.ask(desk.backend.portfolio)


@router.get("/positions", tags=["accounts"], summary="Open positions")
async def get_positions(desk: TheDesk, book: OneBook = None, limit: Limit = 100) -> Positions:
    """Open positions, marked at the latest close, with why they were opened."""
    return await desk.asker.ask(desk.backend.positions, book, limit)


@router.get("/orders", tags=["accounts"], summary="Orders")
async def get_orders(desk: TheDesk, book: OneBook = None, limit: Limit = 100) -> Orders:
    """Orders, latest first, with what became of them and why they were given."""
    return await desk.asker.ask(desk.backend.orders, book, limit)


@router.get("/trades", tags=["accounts"], summary="Closed trades")
async def get_trades(desk: TheDesk, book: OneBook = None, limit: Limit = 100) -> Trades:
    """Closed round trips, latest first, net of slippage and commission."""
    return await desk.asker.ask(desk.backend.trades, book, limit)


@router.get("/performance", tags=["accounts"], summary="The report")
async def get_performance(desk: TheDesk) -> Performance:
    """Measures of both accounts with confidence intervals, the benchmark, and the strategy's targets: met or not."""
    return await desk.asker.ask(desk.backend.performance)


@router.get("/equity", tags=["accounts"], summary="Equity curves")
async def get_equity(desk: TheDesk) -> EquityCurves:
    """Equity of both accounts and of the benchmark at each session's close."""
    return await desk.asker.ask(desk.backend.equity_curves)


@router.get("/models", tags=["models"], summary="Models in use")
async def get_models(desk: TheDesk) -> Models:
    """The ensembles, the champion first, with out-of-sample accuracy beside majority and rule."""
    return await desk.asker.ask(desk.backend.models)


@router.get("/progress", tags=["platform"], summary="What the run is doing")
async def get_progress(desk: TheDesk) -> Progress:
    """Phase, latest complete session, sessions done and in all."""
    return await desk.asker.ask(desk.backend.progress)


@router.get("/health", tags=["platform"], summary="All services")
async def get_health(desk: TheDesk) -> Health:
    """The state of each service; `state` is the worst of theirs."""
    return await desk.asker.ask(desk.backend.health)


@router.get("/storage", tags=["platform"], summary="Disk, tiers, backups")
async def get_storage(desk: TheDesk) -> Storage:
    """How full the disk is and when it will be, what to buy, what lies in which tier, the last backup."""
    return await desk.asker.ask(desk.backend.storage)


@router.get("/costs", tags=["platform"], summary="What machines cost, and training sessions")
async def get_costs(desk: TheDesk) -> Costs:
    """Today, this month and its end, hours of GPUs, the strategy's phases; the latest training sessions and why not."""
    return await desk.asker.ask(desk.backend.costs)


@router.get("/trading", tags=["trading"], summary="Suspended, armed, the account at the broker")
async def get_trading(desk: TheDesk) -> Trading:
    """Whether anything new may be opened, and how the latest look at the broker's account ended."""
    return await desk.asker.ask(desk.backend.trading)


@router.get("/status", tags=["platform"], summary="Run, services and trading in one answer")
async def get_status(desk: TheDesk) -> PlatformStatus:
    """What `inplay status` asks first: the run's progress, the worst state of its services, and how trading stands."""
    progress = await desk.asker.ask(desk.backend.progress)
    health = await desk.asker.ask(desk.backend.health)
    return PlatformStatus(
        progress=progress, services=health.state, trading=await desk.asker.ask(desk.backend.trading)
    )  # fmt: skip


@router.post("/trading/suspend", tags=["trading"], summary="Open nothing new")
async def post_suspend(desk: TheDesk, change: TradingChange | None = None) -> Trading:
    """No account opens or adds to a position from now on, simulated or at the broker; exits go on. It is on record."""
    return await desk.asker.ask(desk.backend.suspend, (change or TradingChange()).reason)


@router.post("/trading/resume", tags=["trading"], summary="End a suspension")
async def post_resume(desk: TheDesk, change: TradingChange | None = None) -> Trading:
    """Positions may be opened again. It arms nothing: live trading needs `inplay trading arm` at the terminal."""
    return await desk.asker.ask(desk.backend.resume, (change or TradingChange()).reason)


@router.get(
    "/stream",
    tags=["platform"],
    summary="Server-sent events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events `progress` and `portfolio`.", "content": {"text/event-stream": {}}}},
)
async def get_stream(desk: TheDesk) -> StreamingResponse:
    """`progress` (as /v1/progress) and `portfolio` (as /v1/portfolio) on each change, `unavailable` while neither can
    be told; a comment line every 15 seconds of silence. Ends after ten minutes: connect again.
    """  # noqa: D205 - shown as one paragraph in the reference
    desk.streams.admit()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(desk.streams.events(), media_type="text/event-stream", headers=headers)
