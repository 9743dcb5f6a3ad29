"""`inplay data quarantine`: rows that the gates refused, why, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from actors.wiring import now
from adapters.postgres.quarantine_record import Held, QuarantineRecord, Which
from adapters.record import alone, reading
from adapters.settings import read_settings
from cli.output import print_json
from data.quarantine import Quarantine, storable
from trading.errors import BadDataError
from trading.gates.meanings import meaning

app = typer.Typer(help="Rows that the gates refused.", no_args_is_help=True)

Gate = Annotated[str, typer.Option(help="Only of this gate.")]
Symbol = Annotated[str, typer.Option(help="Only of this symbol.")]
Import = Annotated[int | None, typer.Option("--import", help="Only of the import with this number.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


@app.callback()
def _group() -> None:
    """Rows that the gates refused."""


@app.command("list")
def list_(
    *,
    gate: Gate = "",
    symbol: Symbol = "",
    import_id: Import = None,
    released: Annotated[
        bool, typer.Option("--released", help="Those that were released, not those that are held.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows that are shown; the counts are of all.")] = 50,
    json_: Json = False,
) -> None:
    """Show the rows in quarantine, with their numbers, and how many there are by gate."""
    settings, which = read_settings(), Which((), gate, symbol, import_id)
    with reading(settings, now=now()) as opened:
        record = QuarantineRecord(opened.pool)
        rows, counts = record.rows(which, limit=limit, released=released), record.counts(which)
    if json_:
        by_gate = [{"gate": name, "held": held, "released": out} for name, held, out in counts]
        print_json({"counts": by_gate, "rows": [asdict(row) for row in rows]})
        return
    for row in rows:
        print(f"{row.quarantine_id:>8}  {_moment(row):<26} {row.symbol or '?':<8} {row.gate}: {row.reason}")
    for name, held, out in counts:
        print(f"{held:>12,} held, {out:,} released: {name}")
    if not counts:
        print("Nothing is in quarantine.")


@app.command()
def explain(
    number: Annotated[int, typer.Argument(help="Of the row, as `list` shows it.")], *, json_: Json = False
) -> None:
    """Say what the gate checks, what the row held, what stands around it, and whether it can be released."""
    settings = read_settings()
    with reading(settings, now=now()) as record:
        rows = QuarantineRecord(record.pool).rows(Which((number,)))
        if not rows:
            raise BadDataError(f"No row in quarantine has the number {number}.")
        (row,) = rows
        around = Quarantine(record).around(row).to_pylist()
    possible = storable(row, now())
    told = meaning(row.gate)
    refusal = possible if isinstance(possible, str) else None
    if json_:
        print_json(
            {
                "row": asdict(row),
                "gate": asdict(told),
                "around": around,
                "releasable": refusal is None,
                "refusal": refusal,
            }
        )
        return
    print(f"row {row.quarantine_id} of {row.source} (import {row.import_id}), refused by {row.gate}: {row.reason}")
    print(f"  the gate: {told.checks}\n  what to do: {told.advice}")
    print(f"  as it came: {row.raw or _values(asdict(row))} ({_moment(row)}, {row.symbol or 'no symbol'})")
    for bar in around:
        print(f"  on record:  {_values(bar)} ({bar.get('starts_at') or bar['session']})")
    if row.released_at:
        print(
            f"  released {row.released_at:%Y-%m-%d %H:%M} UTC: {row.why}" + (f"; {row.changed}" if row.changed else "")
        )
    elif isinstance(possible, str):
        print(f"  it can't be released: {possible}")
    else:
        print("  it can be released" + (f"; {possible.changed}" if possible.changed else " as it came"))


@app.command()
def release(
    numbers: Annotated[list[int] | None, typer.Argument(help="Of the rows, as `list` shows them.")] = None,
    *,
    why: Annotated[str, typer.Option(help="Why they are right; it is kept on record.")],
    gate: Gate = "",
    symbol: Symbol = "",
    import_id: Import = None,
    json_: Json = False,
) -> None:
    """Store rows that turned out to be right: all that were named, or none."""
    which = Which(tuple(numbers or ()), gate, symbol, import_id)
    if which == Which():
        raise BadDataError("Say which rows: their numbers, --gate, --symbol or --import. Nothing was released.")
    settings = read_settings()
    with alone(settings, now=now()) as record:
        done = Quarantine(record).release(which, why=why, now=now())
    if json_:
        print_json(
            {"released": len(done), "replaced": sum(one.replaced for one in done), "rows": [asdict(o) for o in done]}
        )
        return
    for one in done:
        note = "; ".join(filter(None, (one.changed, "another bar was on record" if one.replaced else None)))
        print(f"{one.held.quarantine_id:>8}  {one.held.symbol} {_moment(one.held)}{': ' + note if note else ''}")
    print(f"{len(done):,} row(s) released and stored")


def _moment(row: Held) -> str:
    return str(row.starts_at or row.session or "no time")


def _values(row: dict[str, object]) -> str:
    return ", ".join(f"{name} {row[name]}" for name in ("open", "high", "low", "close", "volume"))
