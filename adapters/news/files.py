"""News from files: CSV, Parquet or JSON lines, of any archive whose columns are named."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trading.errors import BadDataError
from trading.news.article import Fetched, RawArticle

FIELDS = ("published_at", "headline", "body", "url", "symbols")
GUESSES: Mapping[str, tuple[str, ...]] = {
    "published_at": ("published_at", "created_at", "published", "time", "timestamp", "date", "datetime", "pubdate"),
    "headline": ("headline", "title", "text", "tweet"),
    "body": ("body", "summary", "content", "description"),
    "url": ("url", "link"),
    "symbols": ("symbols", "symbol", "tickers", "ticker", "stock"),
}
"""Names under which archives have the fields, tried in order, whatever their case."""
MOST_BYTES = 4 * 1024**3
FIELD_BYTES = 64 * 1024**2
"""A field beyond it means that a quote was never closed."""
SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


@dataclass(frozen=True)
class FileNews:
    """The news of one file.

    Attributes:
        path: its ending says what it is: .csv, .parquet, .jsonl, .ndjson, .json (one object a line).
        columns: the file's own name of a field, where it isn't one of `GUESSES`.
    """

    path: Path
    columns: Mapping[str, str]

    def fetch(self) -> Fetched:
        """Every row of the file.

        Raises:
            BadDataError: when the file is absent, damaged, too large, or has no column of times or of headlines.
        """
        kind = SUFFIXES.get(self.path.suffix.lower())
        if kind is None:
            raise BadDataError(f"{self.path} ends in none of {sorted(SUFFIXES)}; nothing was imported. Convert it.")
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise BadDataError(f"{self.path} is over {MOST_BYTES // 1024**3} GiB; nothing was imported. Split it.")
            if kind == "parquet":
                return self._parquet()
            data = self.path.read_bytes()
        except OSError as error:
            raise BadDataError(f"{self.path} can't be read: {error.strerror or error}. Nothing was imported.") from None
        except pa.ArrowException as error:
            raise BadDataError(f"{self.path} is no Parquet file: {error}. Nothing was imported.") from None
        return self._csv(data) if kind == "csv" else self._json_lines(data)

    def _named(self, present: Iterable[str]) -> dict[str, str]:
        """The file's name of each field that it has."""
        unknown = set(self.columns) - set(FIELDS)
        if unknown:
            raise BadDataError(f"no field is called {sorted(unknown)}; the fields are {list(FIELDS)}")
        names = list(present)
        lower = {name.lower(): name for name in reversed(names)}
        found = {field: lower[guess] for field in FIELDS for guess in reversed(GUESSES[field]) if guess in lower}
        absent = set(self.columns.values()) - set(names)
        found |= self.columns
        lacking = {"published_at", "headline"} - set(found)
        if absent or lacking:
            what = f"no column {sorted(absent)}" if absent else f"no column for {sorted(lacking)}"
            raise BadDataError(
                f"{self.path} has {what}; its columns are {names}. Nothing was imported. Say `--column FIELD=COLUMN`."
            )
        return found

    def _parquet(self) -> Fetched:
        file = pq.ParquetFile(self.path)
        named = self._named(file.schema_arrow.names)
        table = file.read(columns=list(named.values()))
        columns = {field: _plain(table.column(name)) for field, name in named.items()}
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return Fetched(tuple(raw_article(row) for row in rows))

    def _csv(self, data: bytes) -> Fetched:
        csv.field_size_limit(FIELD_BYTES)
        # Latin-1 gives each byte its own character, so fields keep their bytes whatever encoding each line is in.
        reader = csv.reader(io.StringIO(as_utf8(data).decode("latin-1"), newline=""))
        articles: list[RawArticle] = []
        refused: Counter[str] = Counter()
        try:
            header = [name.encode("latin-1").decode("utf-8", errors="replace").strip() for name in next(reader, [])]
            named = {field: header.index(name) for field, name in self._named(header).items()}
            for row in reader:
                if len(row) == len(header):
                    row_bytes = {field: row[at].encode("latin-1") for field, at in named.items()}
                    articles.append(raw_article(row_bytes))
                elif row:
                    refused["other number of fields than the header"] += 1
        except csv.Error as error:
            raise BadDataError(
                f"{self.path} is no CSV at line {reader.line_num}: {error}. Nothing was imported."
            ) from None
        return Fetched(tuple(articles), refused)

    def _json_lines(self, data: bytes) -> Fetched:
        rows: list[dict[str, Any]] = []
        refused: Counter[str] = Counter()
        for line in as_utf8(data).splitlines():
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8") if _is_utf8(line) else line.decode("cp1252", errors="replace"))
            except (ValueError, RecursionError):
                refused["not JSON"] += 1
                continue
            if isinstance(row, dict):
                rows.append(row)
            else:
                refused["no JSON object"] += 1
        names = dict.fromkeys(name for row in rows for name in row)
        if not rows:
            return Fetched((), refused)
        named = self._named(names)
        return Fetched(
            tuple(raw_article({field: row.get(name) for field, name in named.items()}) for row in rows), refused
        )


def as_utf8(data: bytes) -> bytes:
    """The bytes without a byte-order mark; UTF-16, which says so in its mark, is turned into UTF-8."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain(column: Any) -> list[Any]:
    """The values as Python's own; times to the microsecond."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def raw_article(row: Mapping[str, Any]) -> RawArticle:
    """The row of a file as it came; a value of a type that no field has counts as absent."""
    at = row.get("published_at")
    if isinstance(at, bytes):
        at = at.decode("utf-8", errors="replace")
    return RawArticle(
        published_at=at if isinstance(at, datetime | str | int | float) and not isinstance(at, bool) else None,
        headline=_text(row.get("headline")),
        body=_text(row.get("body")),
        url=_text(row.get("url")),
        symbols=_symbols(row.get("symbols")),
    )


def _text(value: Any) -> str | bytes | None:
    return value if isinstance(value, str | bytes) else None


def _symbols(value: Any) -> tuple[str, ...]:
    """One ticker, several with commas, semicolons or spaces between, or a list."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str):
        for character in ",;|[]'\"":
            value = value.replace(character, " ")
        return tuple(value.split())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()
