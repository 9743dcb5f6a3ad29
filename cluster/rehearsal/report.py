"""What a rehearsal found, as one JSON object."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Report:
    """The result of a rehearsal. What stays None was not reached.

    Attributes:
        gpu_task_ran_on: the machine's name; its GPU is a number in Ray's books, as on any machine of the rehearsal.
        spec_violations: None when DigitalOcean's specification wasn't given, so that nobody judged.
        cost_usd: of what was created, at the catalogue's prices; each started hour whole. Nobody is billed.
        max_calls_per_min: within any 60 seconds.
        failed_trainings: what a refused training said, what one that was cancelled said and had reserved, and how long
            their machine stayed afterwards.
        headless: the worker whose head was destroyed, and what the reaper said when it destroyed that worker.
        stops: what each way of stopping left, when those were rehearsed, and nothing else was. The next head sets a
            worker that was kept up as well, so `setup_repeated` isn't judged then.
        trainings: what a training on two machines and a session on a simulated GPU did and left, when those were
            rehearsed, and nothing else was.
        setup_repeated: what a machine was set up with more than once, though a machine is billed meanwhile.
        failed: what went wrong, in words; None for a rehearsal that went through.
    """

    gpu_task_ran_on: str | None = None
    gpu_task: Json | None = None
    droplets_created: int = 0
    droplets_left: int = 0
    resources_left: Json = field(default_factory=dict)
    spec_violations: int | None = None
    firewall_before_first_droplet: bool | None = None
    api_calls: int = 0
    max_calls_per_min: int = 0
    cost_usd: float = 0.0
    ports_allowed_to_strangers: list[list[int]] = field(default_factory=list)
    ports_open_to_strangers: Json = field(default_factory=dict)
    refused_without_token: Json = field(default_factory=dict)
    reboot: Json | None = None
    failed_trainings: Json | None = None
    headless: Json | None = None
    stops: Json | None = None
    trainings: Json | None = None
    setup_repeated: list[str] = field(default_factory=list)
    token_found_in: list[str] = field(default_factory=list)
    token_looked_for_in: list[str] = field(default_factory=list)
    changed_for_rehearsal: list[str] = field(default_factory=list)
    answered_by_stand_ins: list[str] = field(default_factory=list)
    timeline: list[Json] = field(default_factory=list)
    duration_s: float = 0.0
    failed: str | None = None

    def wrong(self) -> list[str]:
        """What isn't as it must be, in words."""
        damage = [
            (bool(self.droplets_left), f"{self.droplets_left} droplets are left"),
            (any(self.resources_left.values()), f"resources are left: {self.resources_left}"),
            (bool(self.spec_violations), f"{self.spec_violations} violations of DigitalOcean's specification"),
            (
                self.stops is None and bool(self.setup_repeated),
                f"set up more than once: {', '.join(self.setup_repeated)}",
            ),
            (bool(self.token_found_in), f"the token stands in {', '.join(self.token_found_in)}"),
        ]
        if self.failed is not None:  # what wasn't reached needs no words beside that
            return [self.failed, *(words for wrong, words in damage if wrong)]
        if self.stops is not None:
            return [words for wrong, words in [*damage, *self._stopped(self.stops)] if wrong]
        if self.trainings is not None:
            return [words for wrong, words in [*damage, *_trained(self.trainings)] if wrong]
        missed = [
            (self.gpu_task_ran_on is None, "the task with a GPU didn't run"),
            (not self.firewall_before_first_droplet, "no firewall stood before the first droplet"),
            (self.reboot is None or not self.reboot["same_actor"], "the actor didn't come back after a reboot"),
            *self._trainings(),
            (self.headless is None or not self.headless["gone"], "a worker without a head wasn't destroyed"),
            (not (self.headless or {}).get("spared_at_first", True), "one look destroyed a worker"),
        ]
        return [words for wrong, words in [*damage, *missed, *self._doors()] if wrong]

    def as_json(self) -> Json:
        """The report with what is wrong."""
        return {**asdict(self), "wrong": self.wrong()}

    def _stopped(self, stops: Json) -> list[tuple[bool, str]]:
        """Judgements of the ways of stopping."""
        return [
            (not holds, f"{way.replace('_', ' ')}: not {what.replace('_', ' ')}")
            for way, found in stops.items()
            for what, holds in found.items()
            if isinstance(holds, bool)
        ] + [("It is billed on" not in stops["exec_stop"]["reaper_said"], "the reaper doesn't name the head")]

    def _trainings(self) -> list[tuple[bool, str]]:
        """Judgements of the trainings that failed."""
        if self.failed_trainings is None:
            return [(True, "no machine was seen to go after trainings that failed")]
        cancelled = self.failed_trainings["cancelled"]
        return [
            ("trains on" not in self.failed_trainings["refused"], "a training on a GPU that is none wasn't refused"),
            (not cancelled["reserved"], "the training that was to be cancelled never held the machine"),
            (bool(cancelled["left"]), f"a cancelled training left {cancelled['left']} placement groups"),
        ]

    def _doors(self) -> list[tuple[bool, str]]:
        """Judgements of what strangers found open."""
        doors = [(not self.ports_open_to_strangers, "strangers never knocked")]
        for machine, ports in self.ports_open_to_strangers.items():
            allowed = self.ports_allowed_to_strangers
            beyond = [port for port in ports if not any(first <= port <= last for first, last in allowed)]
            doors.append((bool(beyond), f"strangers reach {beyond} of {machine}"))
        doors.append((not self.refused_without_token, "nobody tried without a token"))
        answered = [name for name, refused in self.refused_without_token.items() if not refused["refused"]]
        doors.append((bool(answered), f"without a token answered: {', '.join(answered)}"))
        return doors


def _trained(found: Json) -> list[tuple[bool, str]]:
    """Judgements of trainings that went through."""
    on_two, session = found["on_two"], found["session"] or {}
    booked = [one for one in found["machines"] if one["role"] == "worker"]
    return [
        (len(on_two["work"]) != 2, f"{len(on_two['work'])} machines came for two workers"),  # noqa: PLR2004
        (not all(any("XGBoost" in title for title in seen) for seen in on_two["work"].values()), "not both fitted"),
        (not on_two["gone"], "a machine of the training on two stayed"),
        (session.get("state") != "trained", f"the session on a GPU: {session or found['plan']}"),
        (session.get("machines_gone") is not True, "the session's machine wasn't seen gone"),
        (session.get("gpu_busy_source") != "simulated", "a simulated GPU isn't marked as such"),
        (len(booked) != 3 or not all(one["stopped"] and one["cost_usd"] > 0 for one in booked), f"booked: {booked}"),  # noqa: PLR2004
        (not session.get("cost_usd"), "the session's cost isn't booked"),
    ]
