"""`inplay data splits`: jumps that only the gates have explained, and what a person says of them."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from actors.wiring import now
from adapters.postgres.split_rulings import Questionable, SplitRulings
from adapters.record import alone, reading
from adapters.settings import read_settings
from cli.output import print_json
from trading.bars.actions import Split
from trading.bars.symbols import symbol_of
from trading.errors import ConfigurationError

NONE = "none"


def splits(
    symbol: Annotated[str, typer.Argument(help="Whose jump is ruled on; without it all are listed.")] = "",
    session: Annotated[
        datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="First session at the new price.")
    ] = None,
    ruling: Annotated[str, typer.Argument(help="`2-for-1`, `1-for-20`, … or `none`.")] = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that were ruled on as well.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """List splits that are guesses and breaks that nothing explains, or say what one of them was.

    A ruling outranks the gates for every session, past ones included; a later ruling outranks it. Results that were
    computed before keep what was on record then.
    """
    settings, symbol = read_settings(), symbol_of(symbol)
    if symbol:
        if session is None or not ruling:
            raise ConfigurationError(f"Say what happened: inplay data splits {symbol} YYYY-MM-DD 2-for-1 (or none).")
        split = _read_ruling(symbol, session, ruling)
        with alone(settings, now=now()) as record:
            _rule(SplitRulings(record.pool), symbol, session, split)
        return
    with reading(settings, now=now()) as record:
        found = SplitRulings(record.pool).questionable()
    shown = [one for one in found if every or one.ruled_at is None]
    if json_:
        print_json({"jumps": [asdict(one) for one in shown]})
        return
    for one in shown:
        print(f"{one.symbol:<8}{one.session}  {_verdict(one)}: {one.seen}")
    if not shown:
        print("No split is a guess, and no break is unexplained.")


def _read_ruling(symbol: str, session: datetime, ruling: str) -> Split | None:
    if ruling == NONE:
        return None
    terms = re.fullmatch(r"(\d{1,6})-for-(\d{1,6})", ruling)
    numerator, denominator = (int(term) for term in terms.groups()) if terms else (0, 0)
    if not numerator or not denominator or numerator == denominator:
        raise ConfigurationError(
            f"{ruling!r} is no split. Say new shares for old ones, such as 2-for-1 or 1-for-20, or `none`. Nothing was "
            "changed."
        )
    return Split(symbol, session.date(), numerator, denominator)


def _rule(rulings: SplitRulings, symbol: str, session: datetime, split: Split | None) -> None:
    day = session.date()
    known = [one for one in rulings.questionable() if (one.symbol, one.session) == (symbol, day)]
    if not known:
        raise ConfigurationError(
            f"No guessed split and no unexplained break of {symbol} is on record for {day}. Nothing was changed. "
            "`inplay data splits --all` lists them."
        )
    rulings.rule(symbol, day, split, at=now())
    words = (
        "no split took effect" if split is None else f"a {split.numerator}-for-{split.denominator} split took effect"
    )
    print(f"{symbol} {day}: {words}, for every session from now on; it was {_verdict(known[0])}.")


def _verdict(one: Questionable) -> str:
    if one.ruled_at is not None:
        return f"ruled {_terms(one.ruling)}" if one.ruling else "ruled no split"
    return f"guessed {_terms(one.guess)}" if one.guess else "an unexplained break"


def _terms(split: Split | None) -> str:
    return f"{split.numerator}-for-{split.denominator}" if split else NONE
