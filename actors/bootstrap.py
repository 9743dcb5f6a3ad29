"""The one place that makes the actors and wires them. Running it again on a live cluster doubles nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from actors.host import Made, spawn_host
from actors.hosts import by_host, known_hosts
from actors.ingestion import AskIngestion, Ingestion
from actors.local import dismiss_actors
from actors.model_monitoring import AskModelMonitoring, ModelMonitoring
from actors.news import AskNews, News
from actors.paper_trading import AskPaperTrading, PaperTrading
from actors.pattern_analysis import AskPatternAnalysis, PatternAnalysis
from actors.pattern_recognition import AskPatternRecognition, PatternRecognition
from actors.reporting import AskReporting, Reporting
from actors.scanner import Scanner
from actors.service import Service
from actors.services import PlatformServices
from actors.storage import Storage
from actors.technical_analysis import AskTechnicalAnalysis, TechnicalAnalysis
from actors.training_scheduler import AskTrainingScheduler, TrainingScheduler
from actors.wiring import NAMESPACE, Wiring
from adapters.machine.heaps import hand_back
from trading.cycle.services import AskEnsemble, AskExecution, AskScanner

ANSWER_TIMEOUT_S = 60.0
START_TIMEOUT_S = 120.0
SERVICES: tuple[type[Service], ...] = (
    Ingestion, News, TechnicalAnalysis, PatternRecognition, PatternAnalysis, Scanner, PaperTrading, Reporting,
    Storage, Checks, Execution, Alerting, ModelMonitoring,
)  # fmt: skip
"""Those that are made of the wiring alone; the others ask them."""
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


def spawn(service: type[S], wiring: Wiring, *args: Any) -> Actor[S]:
    """The service in an actor of its own, made if there is none."""
    spawn_host(service.name, wiring, [Made(service, args)])
    return Actor(service.name, "one-each")


def _dismiss_others(wiring: Wiring, hosts: Mapping[str, Sequence[str]]) -> None:
    """Services that outlived an earlier run and were made otherwise are gone, and with them all the rest.

    They ask each other, so one of them isn't replaced alone.
    """
    ours = known_hosts({service for services in hosts.values() for service in services})
    for name in set(ray.util.list_named_actors()) & ours:
        if not _is_made_so(name, wiring, hosts.get(name)):
            dismiss_actors()
            return


def _is_made_so(name: str, wiring: Wiring, services: Sequence[str] | None) -> bool:
    """Whether the actor of that name is as it would be made now; an earlier version may not know the question."""
    if services is None:
        return False
    try:
        alive = ray.get_actor(name, namespace=NAMESPACE)
        return bool(ray.get(alive.is_made_of.remote(wiring, list(services)), timeout=ANSWER_TIMEOUT_S))
    except (ValueError, AttributeError, RayActorError, GetTimeoutError):
        return False


def _made(wiring: Wiring, found: Mapping[str, Actor[Any]]) -> dict[str, Made]:
    """How each service is made, Health, which watches the others, last."""
    services = _asked(wiring, found)
    made = [
        *(Made(each) for each in SERVICES if each is not Execution or wiring.broker is not None),
        Made(Coordinator, (services,)),
        Made(TrainingScheduler, (AskCoordinator(found[Coordinator.name]),)),
        Made(Health, ({name: actor for name, actor in found.items() if name != Health.name},)),
    ]
    return {one.name: one for one in made}


def _asked(wiring: Wiring, found: Mapping[str, Actor[Any]]) -> PlatformServices:
    """The services that a session asks."""
    return PlatformServices(
        ingestion=AskIngestion(found[Ingestion.name]),
        news=AskNews(found[News.name]),
        technical_analysis=AskTechnicalAnalysis(found[TechnicalAnalysis.name]),
        pattern_recognition=AskPatternRecognition(found[PatternRecognition.name]),
        pattern_analysis=AskPatternAnalysis(found[PatternAnalysis.name]),
        scanner=AskScanner(found[Scanner.name]),
        paper_trading=AskPaperTrading(found[PaperTrading.name]),
        ensemble=AskEnsemble(NotServed()),
        execution=AskExecution(found[Execution.name]) if wiring.broker is not None else None,
    )


def bootstrap(wiring: Wiring) -> Actors:
    """All services, running, made of these settings.

    Those that are there already are taken as they are, so that a run that died goes on with them.
    """
    classes: tuple[type[Service], ...] = (*SERVICES, Coordinator, TrainingScheduler, Health)
    found: dict[str, Actor[Any]] = {
        each.name: Actor(each.name, wiring.hosting)
        for each in classes if each is not Execution or wiring.broker is not None
    }  # fmt: skip
    made, hosts = _made(wiring, found), by_host(found, wiring.hosting)
    _dismiss_others(wiring, hosts)
    for host, services in hosts.items():
        spawn_host(host, wiring, [made[name] for name in services])
    for pending in [each.aside(Service.pid) for each in found.values()]:
        pending.get(START_TIMEOUT_S)
    return Actors(
        services=_asked(wiring, found),
        reporting=AskReporting(found[Reporting.name]),
        checks=AskChecks(found[Checks.name]),
        monitoring=AskModelMonitoring(found[ModelMonitoring.name]),
        coordinator=AskCoordinator(found[Coordinator.name]),
        training=AskTrainingScheduler(found[TrainingScheduler.name]),
        everything=found,
    )


def hand_back_everywhere(actors: Actors) -> None:
    """This process hands its free memory back, and so does each host, beside its work; nobody waits for it."""
    hand_back()
    for each in {actor.host: actor for actor in actors.everything.values()}.values():
        each.aside(Service.hand_back)
