"""Query parameters that several routes take."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from serve.schema import Book

MAX_ROWS: Final = 500

Limit = Annotated[int, Query(ge=1, le=MAX_ROWS, description=f"Most rows to return, 1 to {MAX_ROWS}.")]
OneBook = Annotated[Book | None, Query(description="One account only.")]
