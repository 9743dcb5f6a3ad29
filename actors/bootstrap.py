"""The one place that makes the actors and wires them. Running it again on a live cluster doubles nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.alerting import Alerting
from actors.asking import Actor, NotServed
from actors.checks import AskChecks, Checks
from actors.coordinator import AskCoordinator, Coordinator
from actors.execution import Execution
from actors.health import Health
from actors.heaps import hand_back
from actors.ingestion import AskIngestion, Ingestion
from actors.local import ON_HEAD, dismiss_actors
from actors.model_monitoring import AskModelMonitoring, ModelMonitoring
from actors.news import AskNews, News
from actors.paper_trading import AskPaperTrading, PaperTrading
from actors.pattern_analysis import AskPatternAnalysis, PatternAnalysis
from actors.pattern_recognition import AskPatternRecognition, PatternRecognition
from actors.reporting import AskReporting, Reporting
from actors.scanner import Scanner
from actors.service import HEALTH_GROUP, Service
from actors.services import PlatformServices
from actors.storage import Storage
from actors.technical_analysis import AskTechnicalAnalysis, TechnicalAnalysis
from actors.training_scheduler import AskTrainingScheduler, TrainingScheduler
from actors.wiring import NAMESPACE, Wiring
from trading.cycle.services import AskEnsemble, AskExecution, AskScanner

ANSWER_TIMEOUT_S = 60.0
START_TIMEOUT_S = 120.0
SERVICES: tuple[type[Service], ...] = (
    Ingestion, News, TechnicalAnalysis, PatternRecognition, PatternAnalysis, Scanner, PaperTrading, Reporting,
    Storage, Checks, Execution, Alerting, ModelMonitoring,
)  # fmt: skip
"""Those that are made of the wiring alone; the others hold their handles."""
S = TypeVar("S", bound=Service)


@dataclass(frozen=True)
class Actors:
    """Every service of the platform as an actor.

    Attributes:
        everything: by name.
    """

    services: PlatformServices
    reporting: AskReporting
    checks: AskChecks
    monitoring: AskModelMonitoring
    coordinator: AskCoordinator
    training: AskTrainingScheduler
    everything: Mapping[str, Actor[Service]]


def spawn(service: type[S], *args: Any) -> Actor[S]:
    """The detached actor of the service, made if there is none; it restarts without end and its calls are repeated."""
    handle = (
        ray.remote(concurrency_groups={HEALTH_GROUP: 1})(service)
        .options(
            name=service.name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_task_retries=-1,
            max_concurrency=1,
            num_cpus=0,
            resources=ON_HEAD,
        )
        .remote(*args)
    )
    return Actor(handle)


def _dismiss_others(wiring: Wiring) -> None:
    """Services that outlived an earlier run and were made of other settings are gone, and with them all the rest.

    They hold each other's handles, so one of them isn't replaced alone.
    """
    for service in SERVICES:
        try:
            alive = ray.get_actor(service.name, namespace=NAMESPACE)
            same = ray.get(alive.is_wired_as.remote(wiring), timeout=ANSWER_TIMEOUT_S)
        except ValueError:
            continue
        except (RayActorError, GetTimeoutError):
            same = False
        if not same:
            dismiss_actors()
            return


def bootstrap(wiring: Wiring) -> Actors:
    """All services, running, made of these settings.

    Those that are there already are taken as they are, so that a run that died goes on with them.
    """
    _dismiss_others(wiring)
    found: dict[str, Actor[Service]] = {}

    def actor(service: type[S], *args: Any) -> Actor[S]:
        made = spawn(service, wiring, *args)
        found[service.name] = made
        return made

    services = PlatformServices(
        ingestion=AskIngestion(actor(Ingestion)),
        news=AskNews(actor(News)),
        technical_analysis=AskTechnicalAnalysis(actor(TechnicalAnalysis)),
        pattern_recognition=AskPatternRecognition(actor(PatternRecognition)),
        pattern_analysis=AskPatternAnalysis(actor(PatternAnalysis)),
        scanner=AskScanner(actor(Scanner)),
        paper_trading=AskPaperTrading(actor(PaperTrading)),
        ensemble=AskEnsemble(NotServed()),
        execution=AskExecution(actor(Execution)) if wiring.broker is not None else None,
    )
    reporting = AskReporting(actor(Reporting))
    actor(Storage)
    actor(Alerting)
    checks = AskChecks(actor(Checks))
    monitoring = AskModelMonitoring(actor(ModelMonitoring))
    coordinator = AskCoordinator(actor(Coordinator, services))
    training = AskTrainingScheduler(actor(TrainingScheduler, coordinator))
    actor(Health, dict(found))
    for pending in [each.aside(Service.pid) for each in found.values()]:
        pending.get(START_TIMEOUT_S)
    return Actors(
        services=services, reporting=reporting, checks=checks, monitoring=monitoring, coordinator=coordinator,
        training=training, everything=found,
    )  # fmt: skip


def hand_back_everywhere(actors: Actors) -> None:
    """This process hands its free memory back, and so does each service, beside its work; nobody waits for it."""
    hand_back()
    for each in actors.everything.values():
        each.aside(Service.hand_back)
