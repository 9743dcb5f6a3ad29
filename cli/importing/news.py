"""`inplay import news`: the news of a file or a feed into the record."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from actors.wiring import now
from adapters.news.files import FileNews
from adapters.news.rss import FeedNews
from adapters.postgres.news import NewsCounts
from adapters.postgres.news_times import NewsTimes
from adapters.record import Record, writing
from adapters.settings import read_settings
from cli.importing.options import columns_given, zone_named
from cli.output import print_json
from data.news.importing import NewsImport
from trading.news.article import Article, NewsSource
from trading.news.normalise import Rules
from trading.news.published import NO_TIME


def news(
    path: Annotated[str, typer.Argument(help="A CSV, Parquet or JSON-lines file, or the http(s) address of a feed.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the source; the file's name by default.")] = "",
    column: Annotated[list[str] | None, typer.Option(help="FIELD=COLUMN, where the file has its own names.")] = None,
    timezone: Annotated[str, typer.Option(help="Of times that carry none, such as America/New_York.")] = "",
    date_order: Annotated[
        Literal["day-first", "month-first"] | None,
        typer.Option(help="Of dates such as 08/06/2024, where the file doesn't tell."),
    ] = None,
    delay_s: Annotated[int, typer.Option(min=0, help="Seconds from publication to the first decision.")] = 60,
    whole: Annotated[
        bool, typer.Option("--whole", help="All news of its companies from its first to its last article are in it.")
    ] = False,
    correct: Annotated[
        bool,
        typer.Option("--correct", help="Articles on record, known too early by an earlier import, become known later."),
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
        order=date_order,
    )
    fetched = reader.fetch()
    with writing(read_settings(), now=at) as record:
        importer = NewsImport(record.pool)
        counts, articles = importer.bring(fetched, rules)
        if whole and articles:
            _note_whole(record, rules, articles)
        days = [article for article in articles if NO_TIME in article.flags]
        too_early = NewsTimes(record.pool).too_early(days, correct=correct)
    if json_:
        print_json(
            {**asdict(counts), "known_too_early": too_early, "corrected": correct, "rescored": importer.rescored}
        )
        return
    _say(counts)
    if importer.rescored:
        print(f"{importer.rescored:>12,} on record have scores of the new lexicon; models learned from the earlier")
    if too_early:
        done = "known from the end of their day now" if correct else "not changed: --correct makes them known later"
        print(f"{too_early:>12,} were on record as known from the beginning of their day, {done}")


def _note_whole(record: Record, rules: Rules, articles: tuple[Article, ...]) -> None:
    companies = sorted({symbol for article in articles for symbol in article.symbols})
    span = articles[0].knowable_at, articles[-1].knowable_at
    record.coverage.archived(rules.source, rules.channel, companies, span)


def _say(counts: NewsCounts) -> None:
    print(f"{counts.rows_in:,} rows came in")
    print(f"{counts.stored:>12,} stored, {counts.near_duplicate:,} of them repeat the story of another")
    for heading, reasons in (("duplicate", counts.duplicate), ("refused", counts.refused)):
        for reason, count in reasons.items():
            print(f"{count:>12,} {heading}: {reason}")
    for reason, count in counts.flagged.items():
        print(f"{count:>12,} kept, flagged: {reason}")
    print(f"{counts.links:>12,} links to companies are new")
