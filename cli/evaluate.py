"""`inplay evaluate`: how good the readers of texts are, on texts that somebody labelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.models.sentiment_transformer import TransformerScorer
from adapters.news.labelled_texts import Labelled, read_labelled
from cli.output import print_json
from trading.news.catalyst_kind import KINDS, kinds_of
from trading.news.evaluation import Evaluation, evaluate, sentiment_label, sentiment_labels
from trading.news.sentiment import LexiconScorer, SentimentScorer

app = typer.Typer(help="Compare what inplay reads out of texts with labels.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A CSV with one text and one label a row.")]
TextColumn = Annotated[str, typer.Option(help="Name of the column of texts.")]
LabelColumn = Annotated[str, typer.Option(help="Name of the column of labels.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


@app.callback()
def _group() -> None:
    """Compare what inplay reads out of texts with labels."""


@app.command()
def sentiment(
    file: File,
    text: TextColumn = "text",
    label: LabelColumn = "label",
    transformer: Annotated[str, typer.Option(help="Folder of a FinBERT-class model; the lexicon otherwise.")] = "",
    json_: Json = False,
) -> None:
    """Accuracy, macro-F1 and confusion of the sentiment; labels are positive, neutral, negative, or 1, 0, -1."""
    scorer: SentimentScorer = TransformerScorer(transformer) if transformer else LexiconScorer()
    labelled = read_labelled(file, text=text, label=label, known=sentiment_label)
    _report(scorer.name, labelled, lambda texts: sentiment_labels(scorer, texts), as_json=json_)


@app.command()
def catalyst(file: File, text: TextColumn = "text", label: LabelColumn = "label", json_: Json = False) -> None:
    """Accuracy, macro-F1 and confusion of the kind of catalyst; the labels are those in docs/news.md."""
    labelled = read_labelled(file, text=text, label=label, known=_kind)
    _report("rules", labelled, kinds_of, as_json=json_)


def _kind(text: str) -> str | None:
    word = text.strip().lower().replace(" ", "_").replace("-", "_").replace("/", "_")
    return word if word in KINDS else None


def _report(name: str, labelled: Labelled, read: Callable[[list[str]], list[str]], *, as_json: bool) -> None:
    result = evaluate(labelled.labels, read(labelled.texts))
    if as_json:
        print_json(_facts(name, labelled, result))
    else:
        _say(name, labelled, result)


def _facts(name: str, labelled: Labelled, result: Evaluation) -> dict[str, Any]:
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
        "labels": list(result.labels),
        "confusion": result.confusion.tolist(),
    }


def _say(name: str, labelled: Labelled, result: Evaluation) -> None:
    print(f"{result.texts:,} texts, read by {name}")
    for reason, count in labelled.refused.items():
        print(f"{count:,} rows refused: {reason}")
    print(f"accuracy {result.accuracy:.4f}   macro-F1 {result.macro_f1:.4f}")
    print(
        f"accuracy {result.majority_accuracy:.4f}   macro-F1 {result.majority_macro_f1:.4f}   "
        f"by always answering {result.majority_label}"
    )
    print("rows: the label given; columns: what it was taken for")
    width = max(map(len, result.labels)) + 2
    print(" " * width + "".join(f"{label:>{width}}" for label in result.labels))
    for label, row in zip(result.labels, result.confusion.tolist(), strict=True):
        print(f"{label:<{width}}" + "".join(f"{count:>{width},}" for count in row))
