"""`pattern_training_data`: every pattern found, and how it turned out once that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from psycopg import sql

from adapters.postgres.bulk import MICROSECOND, conform, insert_missing, read_table, stage
from adapters.postgres.pool import Pool, transaction
from trading.errors import BadDataError

KEY = ("symbol", "timeframe", "session", "pattern_type", "direction")
OUTCOME = (
    "pattern_success", "max_gain", "max_loss", "optimal_hold_time", "outcome_return", "outcome_exit",
    "outcome_known_session", "outcome_both_barriers", "own_exit", "own_return", "own_known_session",
)  # fmt: skip
PATTERNS_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("timestamp", MICROSECOND),
        ("session", pa.date32()),
        ("timeframe", pa.string()),
        ("pattern_type", pa.string()),
        ("family", pa.string()),
        ("direction", pa.int16()),
        ("body_to_range_ratio", pa.float64()),
        ("upper_shadow_ratio", pa.float64()),
        ("lower_shadow_ratio", pa.float64()),
        ("volume_surge", pa.float64()),
        ("rsi_14", pa.float64()),
        ("bb_position", pa.float64()),
        ("market_trend", pa.string()),
        ("vix_level", pa.float64()),
        ("atr_pct", pa.float64()),
        ("realised_volatility_20", pa.float64()),
        ("pattern_success", pa.bool_()),
        ("max_gain", pa.float64()),
        ("max_loss", pa.float64()),
        ("optimal_hold_time", pa.int32()),
        ("outcome_return", pa.float64()),
        ("outcome_exit", pa.string()),
        ("outcome_known_session", pa.date32()),
        ("outcome_both_barriers", pa.bool_()),
        ("news_catalyst", pa.bool_()),
        ("news_sentiment", pa.float64()),
        ("volume_spike", pa.bool_()),
        ("formation_session", pa.date32()),
        ("level_usd", pa.float64()),
        ("entry_usd", pa.float64()),
        ("stop_usd", pa.float64()),
        ("target_usd", pa.float64()),
        ("own_exit", pa.string()),
        ("own_return", pa.float64()),
        ("own_known_session", pa.date32()),
    ]
)
"""The columns of the table without its id. NULL (or NaN on the way in) = unknown."""
OPEN_SCHEMA = pa.schema(
    [
        PATTERNS_SCHEMA.field(name)
        for name in ("symbol", "session", "pattern_type", "direction", "entry_usd", "stop_usd", "target_usd")
    ]
)
"""What is needed to follow a pattern on record."""
OUTCOMES_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("direction", pa.int16()),
        ("success", pa.float64()),
        ("net_return", pa.float64()),
        ("known_session", pa.date32()),
        ("both_barriers", pa.float64()),
    ]
)
"""What became of a setup: 1 when it made money after costs, else 0; its net return as a fraction; since when;
1 when bars can't tell what came first (NULL: nobody looked)."""
_REQUIRED = ("symbol", "timestamp", "session", "pattern_type", "family", "direction")


@dataclass(frozen=True)
class PatternCounts:
    """How many patterns are on record, and of how many the outcome is known.

    Attributes:
        candlesticks: of `recorded`; those without a direction included.
        charts: of `recorded`.
        without_direction: of `recorded`; they never have an outcome.
    """

    recorded: int
    with_outcome: int
    candlesticks: int
    charts: int
    without_direction: int


class PatternStore:
    """Writer and reader of `pattern_training_data`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, patterns: pa.Table) -> int:
        """Every pattern of the table is on record, those already there unchanged; returns how many are new.

        Args:
            patterns: columns of `PATTERNS_SCHEMA`; any but symbol, timestamp, session, pattern_type, family and
                direction may be absent; timeframe is `1d` where absent.

        Raises:
            BadDataError: when a value breaks a rule of the table; nothing was written.
        """
        if "timeframe" not in patterns.column_names:
            patterns = patterns.append_column("timeframe", pa.array(["1d"] * patterns.num_rows, pa.string()))
        whole = conform(patterns, PATTERNS_SCHEMA, required=_REQUIRED)
        with transaction(self._pool) as cursor:
            return insert_missing(cursor, "pattern_training_data", whole.column_names, whole)

    def fill_outcomes(self, outcomes: pa.Table) -> int:
        """Outcomes that were unknown are on record; known ones stay as they are. Returns how many rows changed.

        Args:
            outcomes: the key columns (timeframe `1d` where absent) and outcome columns of `PATTERNS_SCHEMA`.

        Raises:
            BadDataError: when an outcome belongs to no pattern on record; nothing was written.
        """
        if "timeframe" not in outcomes.column_names:
            outcomes = outcomes.append_column("timeframe", pa.array(["1d"] * outcomes.num_rows, pa.string()))
        schema = pa.schema([PATTERNS_SCHEMA.field(name) for name in (*KEY, *OUTCOME)])
        whole = conform(outcomes, schema, required=KEY)
        with transaction(self._pool) as cursor:
            staging = stage(cursor, "pattern_training_data", whole.column_names, whole)
            unknown = "SELECT count(*) FROM {} AS n WHERE NOT EXISTS (SELECT FROM pattern_training_data AS p WHERE {})"
            cursor.execute(sql.SQL(unknown).format(staging, _SAME_KEY))
            (strangers,) = cursor.fetchone() or (0,)
            if strangers:
                raise BadDataError(f"{strangers} outcomes belong to no pattern on record; nothing was written")
            cursor.execute(
                sql.SQL("UPDATE pattern_training_data AS p SET {} FROM {} AS n WHERE {} AND ({})").format(
                    sql.SQL(", ").join(sql.SQL("{0} = coalesce(p.{0}, n.{0})").format(c) for c in _OUTCOMES),
                    staging,
                    _SAME_KEY,
                    sql.SQL(" OR ").join(sql.SQL("(p.{0} IS NULL AND n.{0} IS NOT NULL)").format(c) for c in _OUTCOMES),
                )
            )
            return cursor.rowcount

    def open_patterns(self, before: date) -> pa.Table:
        """Patterns of earlier sessions whose outcome is not known in full, sorted by session and symbol.

        Columns and types are those of `OPEN_SCHEMA`. Patterns without a direction are not among them: they have none.
        """
        query = sql.SQL(
            "SELECT {} FROM pattern_training_data WHERE timeframe = '1d' AND session < {} AND direction <> 0 "
            "AND ((optimal_hold_time IS NULL AND outcome_exit IS DISTINCT FROM 'no_entry') "
            "OR (family = 'chart' AND own_known_session IS NULL)) ORDER BY session, symbol, pattern_type, direction"
        ).format(sql.SQL(", ").join(map(sql.Identifier, OPEN_SCHEMA.names)), sql.Literal(before))
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, OPEN_SCHEMA)

    def counts(self) -> PatternCounts:
        """Patterns on record now."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT count(*), count(outcome_return), count(*) FILTER (WHERE family = 'candlestick'), "
                "count(*) FILTER (WHERE family = 'chart'), count(*) FILTER (WHERE direction = 0) "
                "FROM pattern_training_data"
            )
            return PatternCounts(*(cursor.fetchone() or (0, 0, 0, 0, 0)))

    def outcomes_of(self, session: date) -> pa.Table:
        """What became of the session's setups whose outcome is known, by symbol and direction; see `OUTCOMES_SCHEMA`.

        Patterns of one direction on one bar share an outcome (docs/models.md), so any of them tells it.
        """
        query = sql.SQL(
            "SELECT DISTINCT ON (symbol, direction) symbol, direction, pattern_success::integer, outcome_return, "
            "outcome_known_session, outcome_both_barriers::integer FROM pattern_training_data WHERE session = {} "
            "AND timeframe = '1d' AND outcome_known_session IS NOT NULL ORDER BY symbol, direction"
        ).format(sql.Literal(session))
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, OUTCOMES_SCHEMA)

    def years(self) -> list[int]:
        """The calendar years that patterns on record are of, ascending."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT DISTINCT extract(year FROM session)::integer FROM pattern_training_data ORDER BY 1")
            return [year for (year,) in cursor.fetchall()]

    def load_training(self, known_before: date, *, since: date = date.min, until: date = date.max) -> pa.Table:
        """Patterns with a return that was known before the session, sorted by session, symbol, pattern and direction.

        Columns and types are those of `PATTERNS_SCHEMA`. What became of a pattern's own stop and target is NULL where
        that was not known before the session.

        Args:
            known_before: the session.
            since: the first session of patterns, and `until` the last.
            until: see `since`.
        """
        query = sql.SQL(
            "SELECT {} FROM pattern_training_data WHERE outcome_known_session < {} AND outcome_return IS NOT NULL "
            "AND session BETWEEN {} AND {} ORDER BY session, symbol, timeframe, pattern_type, direction"
        ).format(
            sql.SQL(", ").join(_known_by(name, known_before) for name in PATTERNS_SCHEMA.names), known_before, since,
            until,
        )  # fmt: skip
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, PATTERNS_SCHEMA)


def _known_by(name: str, session: date) -> sql.Composable:
    """The column, or what was known of it before the session."""
    if not name.startswith("own_"):
        return sql.Identifier(name)
    return sql.SQL("CASE WHEN own_known_session < {} THEN {} END").format(session, sql.Identifier(name))


_OUTCOMES = tuple(map(sql.Identifier, OUTCOME))
_SAME_KEY = sql.SQL(" AND ").join(sql.SQL("p.{0} = n.{0}").format(sql.Identifier(name)) for name in KEY)
