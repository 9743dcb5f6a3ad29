"""`inplay patterns export` and `rates`: the training table as Parquet files, and batch analysis of such files."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pyarrow.parquet as pq
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from actors.wiring import now
from adapters.postgres.patterns import PatternStore
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from cli.writing import told_in_words, write_whole
from trading.errors import BadDataError
from tune.pattern_table import BY, Rates, success_rates_of_files

WIDTH = 140
PERCENT = ("success_rate", "mean_return", "mean_max_gain", "mean_max_loss")


class Engines(StrEnum):
    """What reads the files."""

    PANDAS = "pandas"
    MODIN = "modin"


def export(
    folder: Annotated[Path, typer.Argument(help="A folder for one Parquet file a year; made if it isn't there.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Write the patterns on record with their outcomes as Parquet files."""
    with reading(read_settings(), now=now()) as record:
        written = write_years(record.patterns, folder)
    rows = sum(written.values())
    if as_json:
        print_json({"folder": folder, "files": {str(file): count for file, count in written.items()}, "rows": rows})
        return
    print(f"{rows:,} patterns with an outcome in {len(written)} file(s) in {folder}, one a year")


def write_years(patterns: PatternStore, folder: Path) -> dict[Path, int]:
    """The training table of the record as one Parquet file a year, each replaced in one step; rows by file."""
    with told_in_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for year in patterns.years():
        table = patterns.load_training(date.max, since=date(year, 1, 1), until=date(year, 12, 31))
        if not table.num_rows:
            continue
        file = folder / f"patterns_{year}.parquet"
        write_whole(file, partial(pq.write_table, table, compression="zstd"))
        written[file] = table.num_rows
    return written


def rates(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of `inplay patterns export`, or folders of them, each read once; without: the record."
        ),
    ] = None,
    by: Annotated[str, typer.Option(help="Columns to group by, with commas.")] = ",".join(BY),
    engine: Annotated[Engines, typer.Option(help="What reads the files.")] = Engines.PANDAS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Sum how patterns turned out, by any columns, over as many Parquet files as there are."""
    columns = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    if not columns:
        raise BadDataError(f"--by names no column. Nothing was summed. Give for example --by {','.join(BY)}")
    with _files(files) as found:
        told = success_rates_of_files(found, columns, engine=engine.value)
    if as_json:
        facts = told.table.astype(object).where(told.table.notna(), None).to_dict("records")
        print_json({"engine": told.engine, "rows": told.rows, "files": len(found), "by": columns, "groups": facts})
        return
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    console.print(_table(told, columns))
    console.print(f"{told.rows:,} patterns with an outcome in {len(found)} file(s), summed by {told.engine}.")


@contextmanager
def _files(given: Sequence[Path] | None) -> Iterator[list[Path]]:
    if given:
        every = [file for path in given for file in (sorted(path.glob("*.parquet")) if path.is_dir() else [path])]
        yield list({file.resolve(): file for file in reversed(every)}.values())[::-1]
        return
    settings = read_settings()
    with tempfile.TemporaryDirectory(prefix="patterns-", dir=settings.home if settings.home.is_dir() else None) as name:
        with reading(settings, now=now()) as record:
            written = write_years(record.patterns, Path(name))
        if not written:
            raise BadDataError(
                "No pattern on record has an outcome yet. Nothing was summed. `inplay run` records patterns with every "
                "session."
            )
        yield list(written)


def _table(told: Rates, columns: Sequence[str]) -> Table:
    table = Table(pad_edge=False, box=box.SIMPLE_HEAD)
    names = list(told.table.columns)
    for name in names:
        table.add_column(name.replace("_", " "), justify="left" if name in columns else "right", overflow="fold")
    for row in told.table.itertuples(index=False):
        table.add_row(*(_shown(name, value, columns) for name, value in zip(names, row, strict=True)))
    return table


def _shown(name: str, value: Any, columns: Sequence[str]) -> str:
    if pd.isna(value):
        return "unknown" if name in columns else "-"
    if name in columns:
        return str(value)
    if name in PERCENT:
        return f"{value:.2%}"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
