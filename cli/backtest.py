"""`inplay backtest`: the platform's own sessions over the record, in one process; of it the ledger keeps a trial."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.models.scoring import EnsembleScorer
from adapters.record import Record, reading
from adapters.sample.bundled import load_instruments
from adapters.settings import read_settings
from cli.output import print_json
from research.backtest.recorded import Recorded, read_recorded
from research.backtest.recording import account_record
from research.backtest.running import Backtested, Terms, run_backtest
from research.backtest.served import Models, champion_from
from research.backtest.trade_rows import trade_rows, write_csv
from research.backtest.tried import counted, ledger_of, trials_of
from research.backtest.uncertain import words
from research.checks.daily import models_of
from research.performance_report import report_html
from trading.bars.symbols import symbols_of as listed_symbols
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import Arm
from trading.errors import ConfigurationError
from trading.performance.figures import Figures, figures_of
from trading.risk.decision_rules import rules_of

DAY = ["%Y-%m-%d"]
ALL, SP500 = "all", "sp500"
NAMED = 20
"""Symbols at most in one sentence."""
SURVIVORS = "The symbols are those with bars on record. If only companies that survived were imported, figures flatter."
NO_DIVIDENDS = "Returns are of prices alone: neither the account nor its benchmark gets dividends."


def backtest(
    *,
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="First session to trade.")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="Last session to trade.")],
    universe: Annotated[
        str,
        typer.Option(metavar="FILE|sp500|all", help="Symbols: a file, one a line (# begins a comment), or a name."),
    ] = ALL,
    account: Annotated[
        str, typer.Option(metavar="rule|hybrid|models|challenger|all", help="Which accounts trade.")
    ] = ALL,
    ensemble: Annotated[
        str | None, typer.Option(help="Let this one decide from where it had learned nothing, whatever its role was.")
    ] = None,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Ask no models.")] = False,
    elsewhere: Annotated[
        int, typer.Option("--trials-elsewhere", min=0, help="Attempts on these sessions that this record doesn't know.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.json, report-ACCOUNT.html and trades-ACCOUNT.csv.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Trade the sessions as the platform would have, from what was known at each close.

    Models have the roles that they had on record at each session; where none had one, no models decide.
    """
    if first > last:
        raise typer.BadParameter("--from is later than --to")
    settings = read_settings()
    started = now()
    with reading(settings, now=started) as record:
        accounts = _accounts(record, account)
        sessions, earlier = _sessions(record, first.date(), last.date())
        wanted = symbols_of(universe)
        recorded = read_recorded(record, sessions[-1], symbols=wanted)
        models = Models() if rules_only else _models(record, ensemble)
        before = ledger_of(record)
    terms = Terms(accounts, settings.starting_cash_usd * 100, rules_of(settings.risk))
    progress = Console(stderr=True, highlight=False)
    done = run_backtest(recorded, sessions, terms, models, show=partial(_show, progress, len(sessions), as_json))
    records = {name: account_record(done, recorded, name, source) for name, source in accounts.items()}
    trials = trials_of(records, done, terms, recorded, code_version=version("inplay"), at=now())
    attempts = counted(settings, dict(zip(records, trials, strict=True)), before, elsewhere=elsewhere, at=now())
    figures = {name: figures_of(one, seed=settings.seed, attempts=attempts.of[name]) for name, one in records.items()}
    held = [str(symbol) for symbol in recorded.bars.column("symbol").unique().to_pylist()]
    notes = [*left_out(wanted, held), *_notes(done, recorded, earlier), SURVIVORS, NO_DIVIDENDS, *attempts.words]
    facts = _facts(done, recorded, figures, notes)
    trades = {name: trade_rows(done, name) for name in records}
    for name, one in records.items():
        facts["accounts"][name] |= {
            "settled_by_breaks": [asdict(position) for position in one.settled],
            "guessed_splits": [asdict(position) for position in one.guesses],
            "trades": [asdict(row) for row in trades[name]],
        }
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, one in records.items():
            (out / f"report-{name}.html").write_text(report_html(one, figures[name], notes))
            write_csv(trades[name], out / f"trades-{name}.csv")
        (out / "report.json").write_text(json.dumps(facts, default=str, indent=1))
    facts["wall_s"] = round((now() - started).total_seconds(), 1)
    if as_json:
        print_json(facts)
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
        _print(facts, console)
        for name, one in records.items():
            for sentence in words(one):
                console.print(f"{name}: {sentence}")


def _sessions(record: Record, first: date, last: date) -> tuple[list[date], int]:
    """Sessions to trade, and how many are on record before them.

    Raises:
        ConfigurationError: when there is nothing to trade, or nothing is known before.
    """
    every = record.bar_tables.sessions()
    chosen = [session for session in every if first <= session <= last]
    if not chosen:
        held = f"from {every[0]} to {every[-1]}" if every else "of no session"
        raise ConfigurationError(f"There are bars {held}, none from {first} to {last}. Nothing was traded.")
    before = sum(session < chosen[0] for session in every)
    if not before:
        raise ConfigurationError(
            f"The record begins on {every[0]}, so nothing is known before it. Nothing was traded. Begin later."
        )
    return chosen, before


def symbols_of(universe: str) -> Collection[str] | None:
    """The symbols of a name or file; None for all on record.

    Raises:
        ConfigurationError: when the file can't be read or names nothing.
    """
    if universe == ALL:
        return None
    if universe == SP500:
        return frozenset(str(symbol) for symbol in load_instruments().column("symbol").to_pylist())
    try:
        lines = Path(universe).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{universe} can't be read: {error}. Nothing was traded.") from error
    symbols = listed_symbols(symbol for line in lines for symbol in line.split("#")[0].replace(",", " ").split())
    if not symbols:
        raise ConfigurationError(f"{universe} names no symbol. Nothing was traded.")
    return frozenset(symbols)


def left_out(wanted: Collection[str] | None, held: Collection[str]) -> list[str]:
    """In a sentence, the symbols asked for that have no bar on record; nothing where there are none."""
    absent = sorted(set(wanted or ()) - set(held))
    if not absent:
        return []
    more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    named = ", ".join(absent[:NAMED])
    return [f"{len(absent)} of {len(wanted or ())} symbols asked for have no bars on record: {named}{more}."]


def _accounts(record: Record, account: str) -> dict[str, Arm]:
    """The accounts of the record that are asked for, each with its arm."""
    arms = record.books.arms()
    if account not in {*arms, ALL}:
        raise typer.BadParameter(f"{account!r} is no account; there are {', '.join(arms)}, {ALL}")
    return {name: arm for name, arm in arms.items() if account in {name, ALL}}


def _models(record: Record, ensemble: str | None) -> Models:
    """The ensembles of the record with their roles, or one as champion from the session that it may be used from.

    Raises:
        ConfigurationError: when there is no such ensemble.
    """
    if ensemble is None:
        return models_of(record)
    row = record.models.ensemble(ensemble)
    if row is None:
        raise ConfigurationError(f"No ensemble {ensemble} is on record. Nothing was traded. See `inplay models list`.")
    load = partial(EnsembleScorer, record.home / "models" / ensemble)
    return champion_from(ensemble, row.known_before, load)


def _show(console: Console, total: int, silent: bool, summary: SessionSummary) -> None:
    if silent:
        return
    words = "  ".join(f"{name} $ {cents / 100:,.2f}" for name, cents in summary.equity_cents.items())
    console.print(f"{summary.session} of {total} sessions  {words}  {summary.stocks_in_play} in play")


def _notes(done: Backtested, recorded: Recorded, before: int) -> list[str]:
    """What a reader must know first."""
    symbols = len(recorded.bars.column("symbol").unique())
    notes = [f"{symbols} symbols; {before} sessions before the first one traded are history."]
    if not done.decided_from:
        notes.append("No models were available, or none were asked for: the rules decided in every account.")
    for name, since in done.decided_from.items():
        words = "from the start" if since == done.sessions[0] else f"from {since} on"
        notes.append(f"{name}, which had learned from nothing later, was champion {words}.")
    return notes


def _facts(done: Backtested, recorded: Recorded, figures: dict[str, Figures], notes: Sequence[str]) -> dict[str, Any]:
    return {
        "first_session": done.sessions[0],
        "last_session": done.sessions[-1],
        "sessions": len(done.sessions),
        "symbols": len(recorded.bars.column("symbol").unique()),
        "journal_hash": done.journal_hash,
        "journal_entries": len(done.entries),
        "analyses": done.analyses,
        "models": {name: str(since) for name, since in done.decided_from.items()},
        "notes": list(notes),
        "accounts": {name: one.to_dict() for name, one in figures.items()},
    }


def _print(facts: dict[str, Any], console: Console) -> None:
    for note in facts["notes"]:
        console.print(note)
    for name, figures in facts["accounts"].items():
        for label, told in ((name, figures["account"]), ("benchmark", figures["benchmark"])):
            value = told["total_return"]["value"]
            console.print(f"{label}: return {value:+.2%}, largest drawdown {told['max_drawdown']:.2%}")
        luck = figures["curve"]["sharpe_above_luck"]
        told = ("not known" if figures["trials"] is None else "not defined") if luck is None else f"{luck:.1%}"
        console.print(f"  Sharpe ratio above the luck of all attempts: {told}")
        console.print(f"  trades {figures['account']['trades']}, costs $ {figures['activity']['costs_usd']:,.2f}")
    console.print(f"journal {facts['journal_hash']}, {facts['journal_entries']:,} entries")
