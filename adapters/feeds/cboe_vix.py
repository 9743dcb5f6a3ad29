"""The VIX's history from a CSV or Parquet file, or from an address such as Cboe's public one."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.proxies import client_for
from trading.errors import BadDataError, UnavailableError

CBOE = "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv"
"""Cboe's own history since 1990, columns DATE,OPEN,HIGH,LOW,CLOSE, days as MM/DD/YYYY."""
MOST_BYTES = 16 * 1024**2
"""Half a century of days is under 1 MB."""
TIMEOUT_S = 30.0
NAMES = ("date", "low", "high", "close")


def vix_rows(
    source: str, *, client: httpx.Client | None = None, seconds: Callable[[], float] = time.monotonic
) -> Iterable[Mapping[str, object]]:
    """The rows of a history, as they stand in it, under the names `date`, `low`, `high`, `close`.

    Args:
        source: path of a .csv or .parquet file, or an http(s) address of a CSV.
        client: None makes one for this call.
        seconds: a clock that never goes back.

    Raises:
        BadDataError: when it can't be read, or has no columns for day and close.
        UnavailableError: when the address doesn't answer whole within the bounds.
        ConfigurationError: when the proxy on the way can't be used.
    """
    if source.lower().startswith(("http://", "https://")):
        return _csv(_fetched(source, client, seconds), source)
    path = Path(source)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadDataError(f"{path} is over {MOST_BYTES // 1024**2} MiB; nothing was imported.")
        return _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path.read_bytes(), source)
    except OSError as error:
        raise BadDataError(f"{path} can't be read: {error.strerror or error}. Nothing was imported.") from None
    except pa.ArrowException as error:
        raise BadDataError(f"{path} is no Parquet file: {error}. Nothing was imported.") from None


def _columns(present: Iterable[str], source: str) -> dict[str, str]:
    """The source's own name of each of `NAMES` that it has."""
    lower = {name.strip().lower(): name for name in present}
    lacking = {"date", "close"} - set(lower)
    if lacking:
        raise BadDataError(f"{source} has no column {sorted(lacking)}; it has {list(lower)}. Nothing was imported.")
    return {name: lower[name] for name in NAMES if name in lower}


def _csv(data: bytes, source: str) -> list[Mapping[str, object]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        columns = _columns(reader.fieldnames or (), source)
        return [{name: row[column] for name, column in columns.items()} for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadDataError(f"{source} is no CSV: {error}. Nothing was imported.") from None


def _parquet(path: Path) -> list[Mapping[str, object]]:
    file = pq.ParquetFile(path)
    columns = _columns(file.schema_arrow.names, str(path))
    table = file.read(columns=list(columns.values())).rename_columns(list(columns))
    return list(table.to_pylist())


def _fetched(url: str, client: httpx.Client | None, seconds: Callable[[], float]) -> bytes:
    """The whole answer, within bounds on size and time."""
    own = client or client_for(url, follow_redirects=True, max_redirects=5)
    ends, data = seconds() + TIMEOUT_S, bytearray()
    try:
        with own.stream("GET", url, timeout=TIMEOUT_S, headers={"User-Agent": "inplay"}) as answer:
            answer.raise_for_status()
            for block in answer.iter_bytes(65_536):
                data += block
                if len(data) > MOST_BYTES or seconds() > ends:
                    raise UnavailableError(
                        f"{url} is larger than {MOST_BYTES // 1024**2} MiB or took longer than {TIMEOUT_S:g} s. "
                        "Nothing was imported. Save it to a file and import that."
                    )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = str(error) or type(error).__name__
        raise UnavailableError(f"{url}: {said}. Nothing was imported; try again, or import a saved file.") from error
    finally:
        if client is None:
            own.close()
    return bytes(data)
