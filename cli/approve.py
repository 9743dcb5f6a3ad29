"""`inplay approve`: orders that wait for the owner's yes, from the machine itself."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from actors.wiring import now
from adapters.postgres.approvals import ApprovalStore
from adapters.record import NO_BARS, reading, writing
from adapters.settings import read_settings
from cli.output import print_json
from cli.reasons import Json
from trading.approval.asked import Asked, Verdict
from trading.approval.words import LATE, SILENCE, answer_words, clock, title
from trading.errors import ConfigurationError
from trading.plain_text import shown

app = typer.Typer(help="Orders that wait for the owner's yes before the open.", no_args_is_help=True)
Symbols = Annotated[list[str] | None, typer.Argument(help="Of the orders; all that wait without any.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


@app.command(name="list")
def list_asked(
    *,
    most: Annotated[int, typer.Option("--most", min=1, max=1_000, help="So many lists, the latest first.")] = 3,
    as_json: Json = False,
) -> None:
    """List what was asked about last, with what was answered."""
    at = now()
    with reading(read_settings(), now=at, missing=NO_BARS) as record:
        found = ApprovalStore(record.pool).latest(most)
    if as_json:
        print_json({"lists": [_plain(asked, at) for asked in found]})
        return
    for asked in found:
        _print(asked, at)
    if not found:
        print("nothing was asked yet: INPLAY_APPROVE has orders wait for a yes")


@app.command()
def yes(symbols: Symbols = None, *, reason: Why = "", as_json: Json = False) -> None:
    """Approve orders that wait: all of them, or those of the symbols."""
    _answer("yes", symbols or [], reason, as_json=as_json)


@app.command()
def no(symbols: Symbols = None, *, reason: Why = "", as_json: Json = False) -> None:
    """Refuse orders that wait: all of them, or those of the symbols. They are not placed."""
    _answer("no", symbols or [], reason, as_json=as_json)


def _answer(verdict: Verdict, symbols: list[str], reason: str, *, as_json: bool) -> None:
    at = now()
    with writing(read_settings(), now=at, make=False) as record:
        store = ApprovalStore(record.pool)
        asked = next(iter(store.latest(1)), None)
        if asked is None or not asked.undecided or asked.is_over(at):
            raise ConfigurationError(f"{_nothing(asked)} Nothing was changed. See `inplay approve list`.")
        wanted = {symbol.upper() for symbol in symbols} or {one.symbol for one in asked.undecided}
        strange = sorted(wanted - {one.symbol for one in asked.undecided})
        if strange:
            raise ConfigurationError(
                f"No order of {', '.join(strange)} waits for an answer. Nothing was changed. Waiting: "
                f"{', '.join(one.symbol for one in asked.undecided)}."
            )
        chosen = [one.order_id for one in asked.undecided if one.symbol in wanted]
        stands, new = store.answer(
            asked.number, chosen, verdict, who=f"command:{_user()}", reason=shown(reason.strip())[:200], at=at
        )
    if as_json:
        print_json({**_plain(stands, at), "answered": [one.order_id for one in new]})
    else:
        _print(stands, at)
    raise typer.Exit(0 if len(new) == len(chosen) else 1)


def _nothing(asked: Asked | None) -> str:
    if asked is None:
        return "Nothing was asked yet."
    if asked.undecided:
        return f"It is too late for an answer about {asked.session}: it counted until {clock(asked.expires_at)}."
    return f"All orders of {asked.session} have their answer."


def _user() -> str:
    try:
        return shown(getpass.getuser()) or "unknown"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"


def _plain(asked: Asked, at: datetime) -> dict[str, Any]:
    return {
        "number": asked.number, "session": asked.session, "account": asked.account, "asked_at": asked.asked_at,
        "expires_at": asked.expires_at, "silence": asked.silence,
        "open": bool(asked.undecided) and not asked.is_over(at),
        "orders": [
            {**asdict(one), "answer": asdict(asked.answers[one.order_id]) if one.order_id in asked.answers else None}
            for one in asked.orders
        ],
    }  # fmt: skip


def _print(asked: Asked, at: datetime) -> None:
    print(shown(title(asked)))
    for one in asked.orders:
        print(shown(f"  {answer_words(one, asked.answers.get(one.order_id))}"))
    if asked.undecided:
        over = asked.is_over(at)
        print(f"  {LATE[asked.silence]}" if over else f"  until {clock(asked.expires_at)}. {SILENCE[asked.silence]}")
