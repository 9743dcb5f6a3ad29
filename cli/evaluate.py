"""`inplay evaluate`: how good the readers of texts are, on texts that somebody labelled; what was tried, and seals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from adapters.models.sentiment_transformer import TransformerScorer
from adapters.models.vader import vader
from adapters.news.labelled_texts import Labelled, Labels, named_labels, read_labelled
from cli.judging.models import models
from cli.judging.movement import acl18, kdd17
from cli.judging.seals import bar, look, seal
from cli.judging.trials import trials
from cli.output import print_json
from trading.errors import ConfigurationError
from trading.news.evaluation import Evaluation, evaluate, sentiment_label, sentiment_labels
from trading.news.kinds.catalyst import KINDS, kinds_of
from trading.news.made_headlines import made_headlines
from trading.news.made_texts import made_texts
from trading.news.sentiment import LexiconScorer, SentimentScorer

app = typer.Typer(help="Judge what inplay reads, learns and tries.", no_args_is_help=True)

File = Annotated[
    Path | None,
    typer.Argument(help="CSV, Parquet or JSON lines with one text and one label a row.", show_default=False),
]
TextColumn = Annotated[str, typer.Option(help="Name of the column of texts.")]
LabelColumn = Annotated[str, typer.Option(help="Name of the column of labels.")]
Made = Annotated[bool, typer.Option("--made", help="On texts made by rule, in place of a file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
Reader = Callable[[list[str]], list[str]]


@app.callback()
def _group() -> None:
    """Judge what inplay reads, learns and tries."""


for _command in (models, trials, seal, bar, look, acl18, kdd17):
    app.command()(_command)


@app.command()
def sentiment(
    file: File = None,
    *,
    text: TextColumn = "text",
    label: LabelColumn = "label",
    labels: Annotated[str, typer.Option(help="What 0, 1, 2 mean, such as negative,neutral,positive.")] = "",
    made: Made = False,
    transformer: Annotated[str, typer.Option(help="Folder of a FinBERT-class model; the lexicon otherwise.")] = "",
    json_: Json = False,
) -> None:
    """Macro-F1, precision, recall and confusion of the sentiment; labels are positive, neutral, negative, 1, 0, -1."""
    scorer: SentimentScorer = TransformerScorer(transformer) if transformer else LexiconScorer()
    numbered = named_labels(labels, sentiment_label)
    known = Labels(sentiment_label, numbered, numbers_need_names=True)
    labelled = _labelled(file, made_texts() if made else (), text=text, label=label, labels=known)
    readers: dict[str, Reader] = {scorer.name: lambda texts: sentiment_labels(scorer, texts)}
    if (peer := vader()) is not None:
        readers[peer.name] = lambda texts: sentiment_labels(peer, texts)
    _report(readers, labelled, as_json=json_)


@app.command()
def catalyst(
    file: File = None,
    *,
    text: TextColumn = "text",
    label: LabelColumn = "label",
    made: Made = False,
    json_: Json = False,
) -> None:
    """Macro-F1, precision, recall and confusion of the kind of catalyst; the labels are those in docs/news.md."""
    labelled = _labelled(file, made_headlines() if made else (), text=text, label=label, labels=Labels(_kind))
    _report({"rules": kinds_of}, labelled, as_json=json_)


def _labelled(
    file: Path | None, made: tuple[tuple[str, str], ...], *, text: str, label: str, labels: Labels
) -> Labelled:
    if (file is None) == (not made):
        raise ConfigurationError("Give a file of labelled texts, or --made and none. Nothing was evaluated.")
    if file is None:
        return Labelled([one for one, _ in made], [name for _, name in made])
    return read_labelled(file, text=text, label=label, labels=labels)


def _kind(text: str) -> str | None:
    word = text.strip().lower().replace(" ", "_").replace("-", "_").replace("/", "_")
    return word if word in KINDS else None


def _report(readers: dict[str, Reader], labelled: Labelled, *, as_json: bool) -> None:
    """The first reader in full, the others by their figures alone."""
    name, *peers = readers
    results = {reader: evaluate(labelled.labels, read(labelled.texts)) for reader, read in readers.items()}
    beside = {peer: results[peer] for peer in peers}
    if as_json:
        print_json(_facts(name, labelled, results[name], beside))
    else:
        _say(name, labelled, results[name], beside)


def _facts(name: str, labelled: Labelled, result: Evaluation, beside: dict[str, Evaluation]) -> dict[str, Any]:
    return {
        "scorer": name,
        "rows_in": labelled.rows_in,
        "texts": result.texts,
        "refused": dict(labelled.refused),
        "accuracy": result.accuracy,
        "macro_f1": result.macro_f1,
        "majority": {
            "label": result.majority_label,
            "accuracy": result.majority_accuracy,
            "macro_f1": result.majority_macro_f1,
        },
        "peers": {peer: {"accuracy": one.accuracy, "macro_f1": one.macro_f1} for peer, one in beside.items()},
        "classes": {label: {"precision": p, "recall": r} for label, p, r in _classes(result)},
        "labels": list(result.labels),
        "confusion": result.confusion.tolist(),
    }


def _classes(result: Evaluation) -> list[tuple[str, float | None, float | None]]:
    """Precision and recall of each label, None where there is none."""
    figures = zip(result.labels, result.precision.tolist(), result.recall.tolist(), strict=True)
    return [
        (label, precision if np.isfinite(precision) else None, recall if np.isfinite(recall) else None)
        for label, precision, recall in figures
    ]


def _say(name: str, labelled: Labelled, result: Evaluation, beside: dict[str, Evaluation]) -> None:
    print(f"{result.texts:,} texts, read by {name}")
    for reason, count in labelled.refused.items():
        print(f"{count:,} rows refused: {reason}")
    print(f"accuracy {result.accuracy:.4f}   macro-F1 {result.macro_f1:.4f}")
    for peer, other in beside.items():
        print(f"accuracy {other.accuracy:.4f}   macro-F1 {other.macro_f1:.4f}   by {peer}")
    print(
        f"accuracy {result.majority_accuracy:.4f}   macro-F1 {result.majority_macro_f1:.4f}   "
        f"by always answering {result.majority_label}"
    )
    print("rows: the label given; columns: what it was taken for")
    width = max(map(len, result.labels)) + 2
    titles = ("recall", "precision")
    print(" " * width + "".join(f"{label:>{width}}" for label in (*result.labels, *titles)))
    for (label, precision, recall), row in zip(_classes(result), result.confusion.tolist(), strict=True):
        shares = "".join(f"{'-' if share is None else f'{share:.4f}':>{width}}" for share in (recall, precision))
        print(f"{label:<{width}}" + "".join(f"{count:>{width},}" for count in row) + shares)
