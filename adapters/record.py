"""The record of a data folder, its database and its bars as one value: opened to read, to write, or alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path

import psycopg

from adapters.bars.locations import TierLocations
from adapters.bars.store import BarStore
from adapters.bars.tier_settings import tier_locations
from adapters.feature_rows import FeatureRowStore
from adapters.machine.lock import RunLock, is_held
from adapters.machine.server_lock import exclusive, shared
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.books import BookStore
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.decisions import DecisionStore
from adapters.postgres.migrate import migrate
from adapters.postgres.migrate import missing as behind
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import ModelStore
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.owner import owned
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.session_patterns import SessionPatternStore
from adapters.postgres.signals import SignalStore
from adapters.postgres.trials import TrialLedger
from adapters.postgres.vix import VixStore
from adapters.settings import Settings
from trading.errors import AlreadyRunningError, UnavailableError

NO_RECORD = "{home} holds no record. Nothing was changed. Run `inplay run --sample` first."
NO_BARS = "There are no bars on record in {home}. Nothing was changed. Import some first: `inplay run --sample`."


@dataclass(frozen=True, eq=False)
class Record:
    """An open record and its stores, each made when it is first used.

    Attributes:
        pool: of the database.
        home: the data folder, which holds the hot bars.
        tiers: where warm and cold bars lie; not asked before a bar is, so that what the settings say wrong of tiers
            stops nobody who needs no bars.
        migrated: versions that were applied when it was opened alone.
    """

    pool: Pool
    home: Path
    tiers: Callable[[], TierLocations] = TierLocations
    migrated: tuple[int, ...] = ()

    @cached_property
    def locations(self) -> TierLocations:
        """Of the tiers of bars.

        Raises:
            ConfigurationError: when the settings contradict each other.
        """
        return self.tiers()

    @cached_property
    def bars(self) -> BarStore:
        """The bars, in whichever tier they are."""
        return BarStore(self.home, self.bar_tables, self.locations)

    @cached_property
    def bar_tables(self) -> BarRecord:
        """What the database says of bars: files, splits, breaks, instruments, imports."""
        return BarRecord(self.pool)

    @cached_property
    def feature_rows(self) -> FeatureRowStore:
        """What the setups of each session were judged by."""
        return FeatureRowStore(self.pool, self.bars)

    @cached_property
    def events(self) -> CatalystStore:
        """Days of earnings."""
        return CatalystStore(self.pool)

    @cached_property
    def coverage(self) -> CoverageStore:
        """When each source of news was followed."""
        return CoverageStore(self.pool)

    @cached_property
    def vix(self) -> VixStore:
        """The VIX's closes."""
        return VixStore(self.pool)

    @cached_property
    def decisions(self) -> DecisionStore:
        """What was decided, and by which ensemble."""
        return DecisionStore(self.pool)

    @cached_property
    def books(self) -> BookStore:
        """The accounts and their arms."""
        return BookStore(self.pool)

    @cached_property
    def lifecycle(self) -> LifecycleStore:
        """What each ensemble was when."""
        return LifecycleStore(self.pool)

    @cached_property
    def signals(self) -> SignalStore:
        """What each version said of each setup."""
        return SignalStore(self.pool)

    @cached_property
    def models(self) -> ModelStore:
        """The registry of models and ensembles."""
        return ModelStore(self.pool)

    @cached_property
    def trials(self) -> TrialLedger:
        """What was tried on which sessions, and what is sealed."""
        return TrialLedger(self.pool)

    @cached_property
    def patterns(self) -> PatternStore:
        """Daily patterns with their outcomes."""
        return PatternStore(self.pool)

    @cached_property
    def session_patterns(self) -> SessionPatternStore:
        """Patterns within sessions with their outcomes."""
        return SessionPatternStore(self.pool)


@contextmanager
def reading(settings: Settings, *, now: datetime, missing: str = NO_RECORD) -> Iterator[Record]:
    """The folder's record, in sessions in which PostgreSQL refuses to write. No data folder is made.

    The database of a run that is alive is used where it is, and so is that of another command. Otherwise the embedded
    server is up for as long as the context lasts, and the folder is locked so that no run begins meanwhile. A record of
    another version is left as it is.

    Args:
        settings: name the data folder or a database.
        now: when the folder is locked.
        missing: what to say when there is no record, with `{home}` for the folder.

    Raises:
        UnavailableError: when there is no record, its database can't be reached, or it is of an earlier version.
        ConfigurationError: when it is of a later version.
    """
    with ExitStack() as stack:
        _require_record(settings, missing)
        url = _url_beside_a_run(settings, stack, now)
        try:
            record = _record(stack, settings, open_pool(url, name="inplay reading", size=2, read_only=True))
            require_current(record)
            yield record
        except psycopg.errors.UndefinedTable:
            raise UnavailableError(
                f"The database of {settings.home} has no tables of ours. Nothing was changed. "
                "Run `inplay run --sample` first."
            ) from None


@contextmanager
def writing(settings: Settings, *, now: datetime, make: bool = True) -> Iterator[Record]:
    """The folder's record, to add to it, whether a run is alive or not.

    The database of a run that is alive is used where it is: only for writes that may come at any time, each in one
    transaction and harmless when repeated. Without a run the embedded server is up for as long as the context lasts,
    and the folder is locked so that no run begins meanwhile. When the run ends first, so does its database; what was
    committed is safe and the rest can be written again.

    Args:
        settings: name the data folder or a database.
        now: when the folder is locked.
        make: a record that isn't there is made, and an older one migrated; else it is used as it stands.

    Raises:
        UnavailableError: when the database can't be reached, or there is no record and none is to be made.
    """
    with ExitStack() as stack:
        if not make:
            _require_record(settings, NO_BARS)
        url = _url_beside_a_run(settings, stack, now)
        record = _record(stack, settings, open_pool(url, name="inplay writing", size=2))
        if make:
            migrate(record.pool)
        yield record


@contextmanager
def alone(settings: Settings, *, now: datetime) -> Iterator[Record]:
    """The folder's record, migrated, with the data folder to ourselves: no run is alive meanwhile.

    Raises:
        AlreadyRunningError: when a run is alive.
        UnavailableError: when the database can't be reached.
    """
    with ExitStack() as stack:
        stack.enter_context(RunLock(settings.home, now=now))
        url = _given(settings) or _started(EmbeddedPostgres(settings.home), settings.home, stack)
        record = _record(stack, settings, open_pool(url, name="inplay alone"))
        if settings.database_url is not None:
            stack.enter_context(owned(record.pool, url))
        yield replace(record, migrated=tuple(migrate(record.pool)))


def require_current(record: Record) -> None:
    """The record has the tables of this version.

    Raises:
        UnavailableError: when it was made by an earlier one.
        ConfigurationError: when it was made by a later one.
    """
    if behind(record.pool):
        raise UnavailableError(
            f"The record of {record.home} was made by an earlier version of inplay. Nothing was changed. "
            "Bring it up to date with `inplay data migrate`; the earlier version can't use it afterwards, so "
            "make a backup with that version first if you may go back."
        )


def _record(stack: ExitStack, settings: Settings, pool: Pool) -> Record:
    stack.callback(pool.close)
    return Record(pool, settings.home, partial(tier_locations, settings))


def _given(settings: Settings) -> str | None:
    return None if settings.database_url is None else settings.database_url.get_secret_value()


def _require_record(settings: Settings, missing: str) -> None:
    """To look must not make a data folder."""
    if settings.database_url is None and not (settings.home / "postgres" / "data").is_dir():
        raise UnavailableError(missing.format(home=settings.home))


def _url_beside_a_run(settings: Settings, stack: ExitStack, now: datetime) -> str:
    """Of the database given, of whoever owns the folder, or of a server that is up as long as the stack."""
    url = _given(settings)
    if url is not None:
        return url
    server = EmbeddedPostgres(settings.home)
    while True:
        if is_held(settings.home):
            with ExitStack() as using:
                using.enter_context(shared(settings.home))
                if is_held(settings.home):  # its owner didn't end meanwhile, and waits for us now
                    stack.push(using.pop_all())
                    return server.url
        try:
            stack.enter_context(RunLock(settings.home, now=now))
        except AlreadyRunningError:  # somebody began this very instant
            continue
        return _started(server, settings.home, stack)


def _started(server: EmbeddedPostgres, home: Path, stack: ExitStack) -> str:
    """The URL of the server, which stops with the stack, once nobody else uses it."""

    def stop() -> None:
        with exclusive(home):
            server.stop()

    with exclusive(home):
        stack.callback(stop)
        return server.start()
