"""`inplay import`: archives into the record."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from actors.wiring import now
from adapters.feeds.cboe_vix import CBOE, vix_rows
from adapters.news.files import FileNews
from adapters.news.rss import FeedNews
from adapters.postgres.catalysts import EXCHANGE
from adapters.postgres.news import NewsCounts
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import Pool
from adapters.postgres.vix import VixStore
from adapters.postgres.writing import writable_record
from adapters.settings import read_settings
from cli.output import print_json
from data.news.importing import NewsImport
from trading.errors import ConfigurationError
from trading.market.vix import read_vix
from trading.news.article import Article, NewsSource
from trading.news.normalise import Rules

app = typer.Typer(help="Bring archives into the record.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Bring archives into the record."""


@app.command()
def news(
    path: Annotated[str, typer.Argument(help="A CSV, Parquet or JSON-lines file, or the http(s) address of a feed.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the source; the file's name by default.")] = "",
    column: Annotated[list[str] | None, typer.Option(help="FIELD=COLUMN, where the file has its own names.")] = None,
    timezone: Annotated[str, typer.Option(help="Of times that carry none, such as America/New_York.")] = "",
    delay_s: Annotated[int, typer.Option(min=0, help="Seconds from publication to the first decision.")] = 60,
    whole: Annotated[
        bool, typer.Option("--whole", help="All news of its companies from its first to its last article are in it.")
    ] = False,
    social: Annotated[bool, typer.Option("--social", help="Posts of the public, not news.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Put the news of a file or feed on record, each once, with companies, sentiment and kind of catalyst.

    Importing the same again changes nothing.
    """
    at = now()
    reader: NewsSource
    if path.startswith(("http://", "https://")):
        reader = FeedNews(path)
    else:
        reader = FileNews(Path(path), columns_given(column or []))
    channel: Literal["news", "social"] = "social" if social else "news"
    rules = Rules(
        source=source or (path if "://" in path else Path(path).stem),
        channel=channel,
        now=at,
        delay=timedelta(seconds=delay_s),
        timezone=zone_named(timezone),
    )
    fetched = reader.fetch()
    with writable_record(read_settings(), now=at) as pool:
        counts, articles = NewsImport(pool).bring(fetched, rules)
        if whole and articles:
            _note_whole(pool, rules, articles)
    if json_:
        print_json(asdict(counts))
    else:
        _say(counts)


@app.command()
def vix(
    source: Annotated[str, typer.Argument(help="A CSV or Parquet file, or the http(s) address of a CSV.")] = CBOE,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Put the VIX's daily closes on record; by default Cboe's own history since 1990.

    A close that differs from the one on record is a new version of its day, and the latest version is used. Importing
    the same again changes nothing.
    """
    at = now()
    rows = read_vix(vix_rows(source), today=at.astimezone(EXCHANGE).date())
    with writable_record(read_settings(), now=at) as pool:
        counts = VixStore(pool).record(rows, source=source if "://" in source else Path(source).name, imported_at=at)
    if json_:
        print_json(asdict(counts))
        return
    print(f"{counts.rows_in:,} rows came in")
    for count, what in (
        (counts.added, "days are new"),
        (counts.corrected, "days have another close than before"),
        (counts.unchanged, "days were on record already"),
        (counts.repeated, "rows repeat another"),
        *((count, f"rows refused: {reason}") for reason, count in counts.refused.items()),
    ):
        print(f"{count:>12,} {what}")


def columns_given(given: list[str]) -> dict[str, str]:
    """`FIELD=COLUMN` as a mapping.

    Raises:
        ConfigurationError: for anything else.
    """
    pairs = [text.partition("=") for text in given]
    wrong = [field + equals + name for field, equals, name in pairs if not (field and equals and name)]
    if wrong:
        raise ConfigurationError(f"--column takes FIELD=COLUMN, such as headline=title, and not {wrong[0]!r}.")
    return {field: name for field, _, name in pairs}


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone; None for an empty name.

    Raises:
        ConfigurationError: when there is none of this name.
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"no time zone is called {name!r}; one is America/New_York.") from None


def _note_whole(pool: Pool, rules: Rules, articles: tuple[Article, ...]) -> None:
    companies = sorted({symbol for article in articles for symbol in article.symbols})
    span = articles[0].knowable_at, articles[-1].knowable_at
    CoverageStore(pool).archived(rules.source, rules.channel, companies, span)


def _say(counts: NewsCounts) -> None:
    print(f"{counts.rows_in:,} rows came in")
    print(f"{counts.stored:>12,} stored, {counts.near_duplicate:,} of them repeat the story of another")
    for heading, reasons in (("duplicate", counts.duplicate), ("refused", counts.refused)):
        for reason, count in reasons.items():
            print(f"{count:>12,} {heading}: {reason}")
    for reason, count in counts.flagged.items():
        print(f"{count:>12,} kept, flagged: {reason}")
    print(f"{counts.links:>12,} links to companies are new")
