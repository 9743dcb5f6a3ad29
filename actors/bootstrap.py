"""The one place that makes the actors and wires them. Running it again on a live cluster doubles nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.checks import Checks
from actors.coordinator import Coordinator
from actors.execution import Execution
from actors.health import Health
from actors.ingestion import Ingestion
from actors.local import ON_HEAD, dismiss_actors
from actors.memory import hand_back
from actors.news import News
from actors.paper_trading import PaperTrading
from actors.pattern_analysis import PatternAnalysis
from actors.pattern_recognition import PatternRecognition
from actors.reporting import Reporting
from actors.scanner import Scanner
from actors.service import HEALTH_GROUP, Service
from actors.storage import Storage
from actors.technical_analysis import TechnicalAnalysis
from actors.training_scheduler import TrainingScheduler
from actors.wiring import NAMESPACE, Wiring

ANSWER_TIMEOUT_S = 60.0
SERVICES: tuple[type[Service], ...] = (
    Ingestion, News, TechnicalAnalysis, PatternRecognition, PatternAnalysis, Scanner, PaperTrading, Reporting,
    Storage, Checks,
)  # fmt: skip


def spawn(service: type[Service], *args: Any) -> Any:
    """The detached actor of the service, made if there is none; it restarts without end and its calls are repeated."""
    return (
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


def _dismiss_others(wiring: Wiring) -> None:
    """Services that outlived an earlier run and were made of other settings are gone, and with them all the rest.

    They hold each other's handles, so one of them isn't replaced alone.
    """
    services: tuple[type[Service], ...] = (*SERVICES, Execution)
    for service in services:
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


def bootstrap(wiring: Wiring) -> dict[str, Any]:
    """All services by name, running, made of these settings.

    Those that are there already are taken as they are, so that a run that died goes on with them.
    """
    _dismiss_others(wiring)
    actors = {service.name: spawn(service, wiring) for service in SERVICES}
    if wiring.broker is not None:
        actors[Execution.name] = spawn(Execution, wiring)
    actors[Coordinator.name] = spawn(Coordinator, wiring, dict(actors))
    actors[TrainingScheduler.name] = spawn(TrainingScheduler, wiring, dict(actors))
    actors[Health.name] = spawn(Health, wiring, dict(actors))
    ray.get([actor.pid.remote() for actor in actors.values()], timeout=120)
    return actors


def hand_back_everywhere(actors: Iterable[Any]) -> None:
    """This process hands its free memory back, and so does each service, beside its work; nobody waits for it."""
    hand_back()
    for actor in actors:
        actor.hand_back.options(concurrency_group=HEALTH_GROUP).remote()
