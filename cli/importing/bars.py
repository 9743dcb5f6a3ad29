"""`inplay import bars`: archives of prices into the record."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from actors.wiring import now
from adapters.bars.files import Timeframe
from adapters.record import alone
from adapters.settings import read_settings
from cli.importing.options import columns_given, style_given, unit_given, zone_named
from cli.output import print_json
from cli.run.interrupt import Interrupt
from data.importing.archive import Archive, open_archive
from data.importing.factor_file import FACTORS_END, WITHOUT_FACTOR
from data.importing.importer import BarImporter, ImportCounts
from data.importing.importer import Progress as Tell
from data.importing.layout import Asked
from trading.errors import ConfigurationError

TOO_LITTLE = 3
"""Exit code of an import that stored nothing, or refused more than a few per cent."""
FILES_NAMED, SYMBOLS_NAMED = 20, 5
FormatName = Literal[
    "auto", "yahoo", "stooq", "alphavantage", "polygon", "alpaca", "ibkr", "tradingview", "ninjatrader", "metatrader",
    "lean", "databento", "nasdaq", "googlefinance", "tiingo", "eodhd",
]  # fmt: skip


def bars(
    path: Annotated[Path, typer.Argument(help="A CSV (also packed or zipped) or Parquet file, or a folder of them.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the source; the file's name by default.")] = "",
    format_: Annotated[FormatName, typer.Option("--format", help="Whose export it is; found by default.")] = "auto",
    column: Annotated[list[str] | None, typer.Option(help="FIELD=COLUMN, where the file has its own names.")] = None,
    timeframe: Annotated[Timeframe | None, typer.Option(help="Length of the bars; found by default.")] = None,
    timezone: Annotated[str, typer.Option(help="Of times that carry none, such as America/New_York.")] = "",
    time_format: Annotated[str, typer.Option(help="As of strptime, where the dates are ambiguous.")] = "",
    volume_unit: Annotated[int, typer.Option(min=1, help="Shares that the file counts as one.")] = 1,
    price_unit: Annotated[float | None, typer.Option(help="Dollars that the file counts as one.")] = None,
    decimal: Annotated[Literal[".", ","] | None, typer.Option(help="The mark before a fraction.")] = None,
    thousands: Annotated[str, typer.Option(help="The mark between thousands, such as , or .")] = "",
    stamp: Annotated[Literal["start", "end"] | None, typer.Option(help="Where in a minute its time is.")] = None,
    header: Annotated[bool, typer.Option("--header/--no-header", help="Without names, columns are f0, f1, …")] = True,
    factors: Annotated[Path | None, typer.Option(help="A file of split and dividend factors of raw prices.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="The source is right where the record differs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take what was guessed about the columns.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Put the bars of an archive on record, each once, through the data gates.

    It can be stopped and repeated at any point; importing the same again stores nothing. The exit code is 3 when
    nothing was stored and nothing was on record before, or over 5 % of the rows or files were refused.
    """
    zone_named(timezone)
    asked = Asked(
        columns_given(column or []), timeframe, timezone, time_format, volume_unit, price_unit=unit_given(price_unit),
        numbers=style_given(decimal, thousands), stamp=stamp, header=header, factors=factors,
        form=format_,
    )  # fmt: skip
    archive = open_archive(path, asked, source)
    _confirm(archive, yes=yes, quiet=json_)
    settings = read_settings()
    with Interrupt(), _goes_on_later(), alone(settings, now=now()) as record:
        started = time.monotonic()
        with progress_shown(quiet=json_) as tell:
            counts = BarImporter(record, now).run(archive, tell, replace=replace)
        seconds = time.monotonic() - started
    if json_:
        print_json({**asdict(counts), "seconds": seconds, "rows_per_s": counts.rows_in / seconds})
    else:
        say_counts(counts, seconds)
    if counts.too_little:
        raise typer.Exit(TOO_LITTLE)


@contextmanager
def _goes_on_later() -> Iterator[None]:
    """Who stops an import is told what that means."""
    try:
        yield
    except KeyboardInterrupt:
        said = "stopped: what is on record stays, whole. Import the same again and it goes on where it was."
        print(said, file=sys.stderr)
        raise


def _confirm(archive: Archive, *, yes: bool, quiet: bool) -> None:
    if not quiet:
        print(archive.words)
    if not archive.guessed or yes:
        return
    doubts = "; ".join(archive.guessed)
    if quiet or not sys.stdin.isatty():
        raise ConfigurationError(
            f"This was guessed: {doubts}. Nothing was stored. Add --yes if it is right, else --column FIELD=COLUMN."
        )
    if not typer.confirm(f"Guessed: {doubts}. Is that right?"):
        raise ConfigurationError("Nothing was stored. Say which column is which with --column FIELD=COLUMN.")


@contextmanager
def progress_shown(*, quiet: bool) -> Iterator[Tell | None]:
    """A bar on the terminal while an import runs, moved by what is yielded; none if quiet."""
    if quiet:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        read, stored = bar.add_task("read", total=None), bar.add_task("judged and stored", total=None)

        def tell(what: str, rows: int) -> None:
            bar.advance(read if what == "read" else stored, rows)
            if what == "read":
                bar.update(stored, total=bar.tasks[0].completed)

        yield tell


def say_counts(counts: ImportCounts, seconds: float) -> None:
    """What became of each row, in words."""
    print(f"{counts.rows_in:,} rows came in, in {seconds:.1f} s" + ("" if counts.new else "; imported before"))
    print(f"{counts.rows_stored:>14,} stored, {counts.rows_corrected:,} of them in place of other values")
    print(f"{counts.rows_duplicate:>14,} on record already, or twice in the source")
    for gate, count in counts.quarantined.items():
        print(f"{count:>14,} in quarantine: {gate}")
    for found in counts.findings:
        if found.gate not in counts.quarantined:
            print(f"  {found.severity}: {found.gate}, {found.findings:,} time(s), {found.rows:,} bar(s)")
    for symbols, words in ((counts.without_factor, WITHOUT_FACTOR), (counts.factors_end, FACTORS_END)):
        if symbols:
            more = ", …" if len(symbols) > SYMBOLS_NAMED else ""
            print(f"  {len(symbols):,} symbol(s), {', '.join(symbols[:SYMBOLS_NAMED])}{more}: {words}")
    for refused in counts.files_refused[:FILES_NAMED]:
        print(f"  not taken: {refused.path}: {refused.reason}")
    if len(counts.files_refused) > FILES_NAMED:
        print(f"  not taken: {len(counts.files_refused) - FILES_NAMED:,} other files; --json names all")
    if counts.too_little:
        print(f"  {counts.too_little}")
