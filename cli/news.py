"""`inplay news`: how the news on record are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from actors.wiring import now
from adapters.models.sentiment_transformer import TransformerScorer
from adapters.postgres.sentiment import SentimentStore
from adapters.record import writing
from adapters.settings import read_settings
from cli.output import print_json
from data.news.sentiment import adopt
from trading.errors import ConfigurationError
from trading.news.sentiment import LexiconScorer, SentimentScorer

app = typer.Typer(help="How the news on record are read.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """How the news on record are read."""


@app.command()
def sentiment(
    *,
    model: Annotated[str, typer.Option(help="Folder of a FinBERT-class model, whose sentiment is to count.")] = "",
    lexicon: Annotated[bool, typer.Option("--lexicon", help="The lexicon's sentiment is to count again.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Say whose sentiment counts, or choose it: articles on record are scored, and those that come in later.

    It may be interrupted and repeated. Models learned from the sentiment that counted when they were trained.
    """
    if model and lexicon:
        raise ConfigurationError("--model and --lexicon exclude each other. Nothing was changed. Give one of them.")
    folder = str(Path(model).resolve()) if model else ""
    scorer: SentimentScorer = TransformerScorer(folder) if model else LexiconScorer()
    at, new = now(), 0
    with writing(read_settings(), now=at) as record:
        if model or lexicon:
            with Console(stderr=True).status("scoring the articles on record") as shown:
                new = adopt(
                    record.pool, scorer, folder, at=at, tell=lambda count: shown.update(f"{count:,} articles scored")
                )
        chosen = SentimentStore(record.pool).chosen()
    if json_:
        print_json({"scorer": chosen.name, "folder": chosen.folder, "scores_new": new})
        return
    print(f"the sentiment that counts is that of {chosen.name}{f' in {chosen.folder}' if chosen.folder else ''}")
    if model or lexicon:
        print(f"{new:,} articles on record were scored")
