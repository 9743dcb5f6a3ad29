"""Texts that somebody labelled, from a CSV, Parquet or JSON-lines file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.news.rows import TextFile, columns_shown
from trading.errors import BadDataError
from trading.news.normalise import BODY_CHARS, plain


@dataclass(frozen=True)
class Labelled:
    """Each row is in `texts` and `labels`, or counted in `refused`, exactly once."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def rows_in(self) -> int:
        """Rows of the file."""
        return len(self.texts) + self.refused.total()


@dataclass(frozen=True)
class Labels:
    """How labels are understood.

    Attributes:
        known: the label in our words, or None when it isn't one.
        numbered: what 0, 1, 2 … mean, where the set numbers its labels; empty = as `known` says.
        numbers_need_names: whether a 2 among the labels says that they are numbered, in an order that nobody can guess.
    """

    known: Callable[[str], str | None]
    numbered: Sequence[str] = ()
    numbers_need_names: bool = False


def read_labelled(path: Path, *, text: str, label: str, labels: Labels) -> Labelled:
    """The texts and labels of a file, cleaned as news are.

    Args:
        path: of the file.
        text: name of its column of texts.
        label: name of its column of labels.
        labels: how they are understood.

    Raises:
        BadDataError: when the file can't be read, lacks a column, or numbers its labels without saying how.
    """
    file = TextFile(path, "evaluated")

    def named(names: Sequence[str]) -> Mapping[str, str]:
        absent = sorted({text, label} - set(names))
        if absent:
            has = columns_shown(names)
            raise file.error(f"has no column {absent}; its columns are {has}", "Say --text and --label.")
        return {"text": text, "label": label}

    found = file.rows(named)
    said = [_spelt(row["label"]) for row in found.rows]
    names = labels.numbered or _names_in(found.metadata, label)
    if not names and labels.numbers_need_names and "2" in said:
        raise file.error("numbers its labels 0, 1, 2", "Say what they mean: --labels negative,neutral,positive.")
    meaning = {str(number): name for number, name in enumerate(names)}
    read = Labelled(refused=found.refused)
    for row, word in zip(found.rows, said, strict=True):
        _add(read, row["text"], labels.known(meaning.get(word, word)))
    return read


def _spelt(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    return "" if value is None else str(value).strip().removesuffix(".0")


def _names_in(metadata: Mapping[bytes, bytes], label: str) -> Sequence[str]:
    """What the numbers of a column mean, where a Parquet file of the `datasets` library says so."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError):
        return ()
    return [str(name) for name in names]


def _add(read: Labelled, text: Any, name: str | None) -> None:
    words, _ = plain(text if isinstance(text, str | bytes) else None, BODY_CHARS)
    if name is None:
        read.refused["label unknown"] += 1
    elif not words:
        read.refused["no text"] += 1
    else:
        read.texts.append(words)
        read.labels.append(name)


def named_labels(given: str, known: Callable[[str], str | None]) -> list[str]:
    """The labels of `--labels negative,neutral,positive`.

    Raises:
        BadDataError: when one of them isn't known.
    """
    names = [name.strip() for name in given.split(",") if name.strip()]
    strange = [name for name in names if known(name) is None]
    if strange:
        raise BadDataError(f"--labels names {strange}, which are no labels. Nothing was evaluated.")
    return names
