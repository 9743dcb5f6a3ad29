"""Texts that somebody labelled, from a CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from adapters.news.files import FIELD_BYTES, as_utf8
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


def read_labelled(path: Path, *, text: str, label: str, known: Callable[[str], str | None]) -> Labelled:
    """The texts and labels of a CSV, cleaned as news are.

    Args:
        path: of the file.
        text: name of its column of texts.
        label: name of its column of labels.
        known: the label in our words, or None when it isn't one.

    Raises:
        BadDataError: when the file is absent or no CSV, or lacks a column.
    """
    try:
        data = as_utf8(path.read_bytes())
    except OSError as error:
        raise BadDataError(f"{path} can't be read: {error.strerror or error}. Nothing was evaluated.") from None
    csv.field_size_limit(FIELD_BYTES)
    reader = csv.reader(io.StringIO(data.decode("latin-1"), newline=""))
    read = Labelled()
    try:
        header = [name.strip() for name in next(reader, [])]
        absent = {text, label} - set(header)
        if absent:
            raise BadDataError(
                f"{path} has no column {sorted(absent)}; its columns are {header}. Nothing was evaluated. Say "
                "--text and --label."
            )
        at = header.index(text), header.index(label)
        for row in reader:
            _add(read, row, at, len(header), known)
    except csv.Error as error:
        raise BadDataError(f"{path} is no CSV at line {reader.line_num}: {error}. Nothing was evaluated.") from None
    return read


def _add(read: Labelled, row: list[str], at: tuple[int, int], width: int, known: Callable[[str], str | None]) -> None:
    if not row:
        return
    if len(row) != width:
        read.refused["other number of fields than the header"] += 1
        return
    words, _ = plain(row[at[0]].encode("latin-1"), BODY_CHARS)
    name = known(row[at[1]])
    if name is None:
        read.refused["label unknown"] += 1
    elif not words:
        read.refused["no text"] += 1
    else:
        read.texts.append(words)
        read.labels.append(name)
