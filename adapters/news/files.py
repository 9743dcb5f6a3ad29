"""News from files: CSV, Parquet or JSON lines, of any archive whose columns are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from adapters.news.rows import TextFile, columns_shown
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
SUFFIXES = (".csv", ".json", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True)
class FileNews:
    """The news of one file.

    Attributes:
        path: its ending says what it is: .csv, .parquet, .jsonl, .ndjson, .json (one object a line, or one list).
        columns: the file's own name of a field, where it isn't one of `GUESSES`.
    """

    path: Path
    columns: Mapping[str, str]

    def fetch(self) -> Fetched:
        """Every row of the file.

        Raises:
            BadDataError: when the file is absent, damaged, too large, or has no column of times or of headlines.
        """
        if self.path.suffix.lower() not in SUFFIXES:
            raise BadDataError(f"{self.path} ends in none of {list(SUFFIXES)}; nothing was imported. Convert it.")
        read = TextFile(self.path).rows(self._named)
        return Fetched(tuple(map(raw_article, read.rows)), read.refused)

    def _named(self, names: Sequence[str]) -> dict[str, str]:
        """The file's name of each field that it has."""
        unknown = set(self.columns) - set(FIELDS)
        if unknown:
            raise BadDataError(f"no field is called {sorted(unknown)}; the fields are {list(FIELDS)}")
        lower = {name.lower(): name for name in reversed(names)}
        found = {field: lower[guess] for field in FIELDS for guess in reversed(GUESSES[field]) if guess in lower}
        absent = set(self.columns.values()) - set(names)
        found |= self.columns
        lacking = {"published_at", "headline"} - set(found)
        if absent or lacking:
            what = f"no column {sorted(absent)}" if absent else f"no column for {sorted(lacking)}"
            raise BadDataError(
                f"{self.path} has {what}; its columns are {columns_shown(names)}. Nothing was imported. Say `--column "
                "FIELD=COLUMN`."
            )
        return found


def raw_article(row: Mapping[str, Any]) -> RawArticle:
    """The row of a file as it came; a value of a type that no field has counts as absent."""
    at = row.get("published_at")
    if isinstance(at, bytes):
        at = at.decode("utf-8", errors="replace")
    return RawArticle(
        published_at=at if isinstance(at, date | str | int | float) and not isinstance(at, bool) else None,
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
