"""The models of a run: the ones on record, or new ones trained on what was known before its replay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version

from actors.wiring import Training, Wiring, now
from adapters.postgres.models import EnsembleRow, Entry
from adapters.record import Record
from adapters.settings import Settings
from cli.run.progress import Printer
from trading.bars.panel import as_date
from trading.cycle.stages import Market, Patterns
from trading.errors import ConfigurationError, ModelError
from tune.fits.distributed import Workers
from tune.judgement.leakage.then import rows_then
from tune.pipeline import Trained, train_ensemble
from tune.registration import config_sha256, register
from tune.sets.of_record import SetRules, set_of_market
from tune.sets.training_set import TrainingSet
from tune.training_plan import SessionRules


def training_of(settings: Settings) -> Training:
    """What the training scheduler needs to know."""
    rules = SessionRules(
        budget_usd_per_month=settings.gpu_budget_usd_per_month, hours=settings.gpu_session_h,
        wait_s=settings.gpu_wait_min * 60, usd_per_h=settings.gpu_usd_per_h, if_dearer=settings.gpu_if_dearer,
        every_sessions=settings.train_every_sessions,
        update_every_sessions=settings.update_every_sessions, makes=settings.training_makes,
    )  # fmt: skip
    return Training(
        rules, settings.spend_folder, settings.seed, promotes=settings.promotion == "act",
        regime_weights=settings.regime_weights,
    )  # fmt: skip


BY_HAND = "inplay train"
"""Who registers what `inplay train` made."""
FIRST = Entry("champion", "inplay run", "trained on what was known before the first session that was traded")


class Models:
    """The champion on record, or the one that this run trains and registers.

    Args:
        sample: the run is one of the bundled sample, whose models must be those of its settings.
    """

    def __init__(self, settings: Settings, wiring: Wiring, record: Record, say: Printer, *, sample: bool) -> None:
        self._settings = settings
        self._wiring = wiring
        self._record, self._store, self._life = record, record.models, record.lifecycle
        self._say = say
        self._sample = sample

    def at(
        self, first_replay: date, *, known: Callable[[], tuple[Market, Patterns]], begun: bool
    ) -> EnsembleRow | None:
        """The models for a replay; None when the history is too short for any.

        Args:
            first_replay: its first session; models know no outcome from then on.
            known: market and patterns of the history; asked for only where models are trained.
            begun: sessions of this replay are on record already.

        Raises:
            ConfigurationError: when the champion on record learned from what would be replayed, or from other settings.
        """
        every = self._counted()
        workers = Workers(actors=min(2, os.cpu_count() or 1))
        wanted = config_sha256(self._settings.seed, first_replay, self._wiring.decisions.outcome, workers)
        if not every:
            return self._trained(first_replay, *known(), workers, wanted)
        if self._sample and wanted not in {row.config_sha256 for row in every}:
            raise ConfigurationError(
                "The record was made with another seed, sample or set of models. Nothing was changed. "
                "Use the settings it was made with, or start anew with `inplay run --sample --fresh`."
            )
        return self._champion(every, first_replay, begun=begun)

    def _counted(self) -> list[EnsembleRow]:
        """All but those that `inplay train` only registered: they do nothing, so a run is as it would be without."""
        life = self._life.life()
        made = {event.ensemble_id for event in life.events if event.who == BY_HAND}
        return [
            row
            for row in self._store.ensembles()
            if row.ensemble_id not in made or life.role_of(row.ensemble_id) != "registered"
        ]

    def require_none(self) -> None:
        """No ensemble is champion.

        Raises:
            ConfigurationError: when one is champion on record: who decides is what the record says.
        """
        name = self._champion_now()
        if name is not None:
            raise ConfigurationError(
                f"{name} is champion on record, so it would decide. Nothing was changed. Leave --rules-only, or retire "
                f"it first: `inplay models retire {name}`."
            )

    def _champion_now(self) -> str | None:
        return next((name for name, role in self._life.life().latest().items() if role == "champion"), None)

    def _champion(self, every: Sequence[EnsembleRow], first_replay: date, *, begun: bool) -> EnsembleRow | None:
        """The champion of the next session, whoever made it one."""
        name = self._champion_now()
        if name is None:
            self._say.warning("no ensemble is champion, so the rules decide; see `inplay models promote`")
            return None
        champion = next(row for row in every if row.ensemble_id == name)
        if champion.known_before > first_replay and not begun:
            raise ConfigurationError(
                f"{name} learned from outcomes up to {champion.known_before}, and the replay begins on "
                f"{first_replay}: its figures would be no test. Nothing was changed. Begin later, or "
                f"retire it first: `inplay models retire {name}`."
            )
        self._say.step(f"{name} is on record already")
        return champion

    def _trained(
        self, first_replay: date, market: Market, patterns: Patterns, workers: Workers, config: str
    ) -> EnsembleRow | None:
        data = self._training_set(market, patterns, first_replay)
        home = self._settings.home
        then = rows_then(self._record, data, as_date(market.panel.sessions.max()))
        try:
            trained: Trained = train_ensemble(
                data, home / "models", home / "tune", seed=self._settings.seed, workers=workers, say=self._say.step,
                then=then,
            )  # fmt: skip
        except ModelError as error:
            if self._sample:
                raise
            self._say.warning(f"no models: {error}. The rules decide")
            return None
        shutil.rmtree(home / "tune", ignore_errors=True)
        row = register(
            self._store, trained, home,
            config=config, known_before=first_replay, code_version=version("inplay"), at=now(), entry=FIRST,
        )  # fmt: skip
        self._say.accuracy(trained.accuracy)
        if not row.metrics["audit"]["passed"]:
            self._say.warning(f"the audit of {row.ensemble_id} failed, see `inplay models show`. The rules decide")
            return None
        return row

    def _training_set(self, market: Market, patterns: Patterns, first_replay: date) -> TrainingSet:
        weights = self._wiring.training.regime_weights
        rules = SetRules(self._wiring.decisions.outcome, self._wiring.scanner, first_replay, weights)
        data = set_of_market(self._record, market, patterns, rules)
        without = ", ".join(f"{count:,} {reason}" for reason, count in data.undecided.items())
        self._say.step(f"{len(data):,} setups with an outcome to learn from; without one: {without or 'none'}")
        return data
