"""`inplay rehearse broker`: sessions through the cycle and into orders to Alpaca's rehearsal, with what goes wrong."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from actors.ingestion import Ingestion
from actors.news import News
from actors.wiring import Wiring, now
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import Record, reading
from adapters.settings import read_settings
from cli.output import print_json
from execution.rehearsal.faults import FAULTS
from execution.rehearsal.sessions import BrokerRehearsal, BrokerRehearsed, SessionTold
from research.backtest.recorded import Recorded, read_recorded
from research.backtest.running import Terms
from trading.decisions.arms import ACCOUNTS
from trading.errors import ConfigurationError

CASH_CENTS = 10_000_000
WARM_UP_FRACTION = 0.6
"""Of the sessions: as the run on the sample has it."""


def broker(
    *,
    sessions: Annotated[int, typer.Option(min=2, max=1_000, help="How many.")] = 25,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first; after three fifths of all by default."),
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Bars of the data folder, not of the sample.")] = False,
    faults: Annotated[bool, typer.Option("--faults/--no-faults", help="Let go wrong what may go wrong.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Run sessions through the cycle with a book at a rehearsed Alpaca, and compare it with the books at the end.

    Nothing leaves this machine, and the data folder is only read. The exit code is 1 if cash or positions of the books
    differ from the account's by a cent or a share, or anything was doubled, lost, or adopted without having been done
    by hand.
    """
    logging.getLogger("alpaca").setLevel(logging.CRITICAL)  # cuts of the stream are part of it
    with tempfile.TemporaryDirectory(prefix="inplay-rehearsal-") as folder, _scratch(Path(folder)) as (pool, url):
        recorded = _from_record() if record else _from_sample(Path(folder), url, pool)
        chosen = _chosen(recorded.sessions, None if first is None else first.date(), sessions)
        terms = Terms(ACCOUNTS, CASH_CENTS)
        show = (lambda _: None) if as_json else _show
        done = BrokerRehearsal(recorded, terms, pool, FAULTS if faults else (), show).run(chosen)
    if as_json:
        print_json({**asdict(done), "agrees": done.agrees})
    else:
        _say(done)
    raise typer.Exit(0 if done.agrees else 1)


@contextmanager
def _scratch(home: Path) -> Iterator[tuple[Pool, str]]:
    server = EmbeddedPostgres(home)
    url = server.start()
    pool = open_pool(url, name="inplay rehearsal")
    try:
        migrate(pool)
        yield pool, url
    finally:
        pool.close()
        server.stop()


def _from_sample(home: Path, url: str, pool: Pool) -> Recorded:
    wiring = Wiring(home, SecretStr(url), CASH_CENTS)
    Ingestion(wiring).import_sample()
    News(wiring).import_earnings()
    return read_recorded(Record(pool, home), BarRecord(pool).sessions()[-1])


def _from_record() -> Recorded:
    settings = read_settings()
    with reading(settings, now=now()) as record:
        every = record.bar_tables.sessions()
        if not every:
            raise ConfigurationError("There are no bars on record to rehearse with. Import some, or leave --record.")
        return read_recorded(record, every[-1])


def _chosen(every: list[date], first: date | None, count: int) -> list[date]:
    """The sessions to rehearse.

    Raises:
        ConfigurationError: when there are no two of them with history before.
    """
    begin = every[int(len(every) * WARM_UP_FRACTION)] if first is None else first
    chosen = [session for session in every if session >= begin][:count]
    if len(chosen) < 2 or chosen[0] == every[0]:  # noqa: PLR2004 - one to order in and one to fill in
        raise ConfigurationError(
            f"There are bars from {every[0]} to {every[-1]}: no two sessions from {begin} on with history before them. "
            "Nothing was rehearsed. Choose another --from."
        )
    return chosen


def _show(told: SessionTold) -> None:
    answers = ", ".join(f"{count} {answer}" for answer, count in sorted(told.answers.items())) or "nothing to order"
    fault = f"   [{told.fault}]" if told.fault else ""
    print(f"{told.session}  ${told.equity_usd:>12,.2f}  {answers}; {told.fills} fills{fault}")


def _say(done: BrokerRehearsed) -> None:
    print(f"{done.orders:>8,} orders on record, {done.exits_by_time} of them sales at the longest holding time")
    print(f"{done.fills:>8,} fills, {done.partial_fills} of them partial; {done.protections} stops set afterwards")
    print(f"{done.adopted:>8,} adoptions: the first deposit and what was done by hand")
    for fault in done.not_tried:
        print(f"not tried, since no session had an order left for it: {fault}")
    print(f"books:   ${done.cash_cents / 100:>12,.2f} and {_named(done.shares)}")
    print(f"account: ${done.account_cash_cents / 100:>12,.2f} and {_named(done.account_shares)}")
    for words, found in (("adopted, but not done by hand", done.unexplained), ("ordered twice", done.doubled)):
        print("".join(f"{words}: {one}\n" for one in found), end="")
    if done.untold:
        print(f"fills that only one side knows: {done.untold}")
    print("they agree to the cent and the share" if done.agrees else "THEY DIFFER")


def _named(shares: dict[str, int]) -> str:
    return ", ".join(f"{count} {symbol}" for symbol, count in sorted(shares.items())) or "no position"
