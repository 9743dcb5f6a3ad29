"""When a service hangs. Stopped or stuck differs from busy by rules that look at answers, processes and time only.

| what is seen | it is | and so |
| --- | --- | --- |
| it answers, at work no longer than its kind of work may take | well | nothing is done |
| it answers, at one piece of work for longer | stuck at work | its process is killed |
| it answers at rest; slow answers while others are quick, or defects, bring its score below 0.9 | unwell | killed |
| no answer for `silent_s`; a signal has stopped its process | stopped | killed |
| no answer for `silent_s`; at most looks no thread ran or waited to run; it uses no core | stuck | killed |
| no answer for `silent_s`; other services in its process answered meanwhile | stuck | killed |
| no answer for `silent_s`; something in it works | busy | killed after `busy_s` |
| no answer; a debugger holds it | held | left alone |
| no answer; its process is gone | being restarted by Ray | Ray is told to after `start_s` |

What is unwell is degraded at once and killed at the fourth such look; a good look takes one away.
A process is killed once, however many services live in it, and the pause is the process's: those of one process share
`kills_s`. The others in it are told of by `ended_with_host`.
Silence is counted in ticks of the one who asks, none longer than `longest_tick_s`: a machine that slept isn't a service
that hangs. What was killed is killed again only after a pause that grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actors.service import SignOfLife
from adapters.machine.health_score import LEAST, LIMITS, MENDED_BY_RESTART, Vitals
from adapters.machine.processes import STOPPED, TRACED, ZOMBIE, Process, Sight
from adapters.postgres.health import State


@dataclass(frozen=True)
class SupervisionRules:
    """Bounds, in seconds.

    Attributes:
        ask_every_s: a service that answered is asked again after this.
        silent_s: without an answer for so long, its process is judged.
        busy_s: a process at work may leave the question open for so long.
        start_s: a constructor may take so long.
        idle_share: processor time per second below which a process does nothing.
        low_looks: at so many looks a low score that a restart may mend has lasted; a good look takes one away.
        longest_tick_s: what one tick adds to a silence at most.
        pauses_s: after the first, second, … killing within `remembered_s`; the last one holds for all further ones.
    """

    ask_every_s: float = 3.0
    silent_s: float = 6.0
    busy_s: float = 120.0
    start_s: float = 120.0
    idle_share: float = 0.05
    low_looks: int = 4
    longest_tick_s: float = 2.0
    pauses_s: tuple[float, ...] = (0.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
    remembered_s: float = 3600.0


@dataclass(frozen=True)
class Judged:
    """What is to be said of a service.

    Attributes:
        kill: its process is to be killed, or Ray told to, so that it starts anew.
        restarted: another process than before answers.
        fresh: it answered just now.
    """

    state: State
    detail: str
    kill: bool = False
    restarted: bool = False
    fresh: bool = False


@dataclass
class Watched:
    """One service from tick to tick.

    Attributes:
        process: that answered last; None before the first answer.
        silence_s: since the last answer.
        kills_s: when its process was killed, on the wall clock; one list for all services in it.
        vitals: as of the last look.
        low: looks at which its score was low, less those at which it wasn't; 0 at least.
    """

    rules: SupervisionRules = field(default_factory=SupervisionRules)
    process: Process | None = None
    silence_s: float = 0.0
    kills_s: list[float] = field(default_factory=list)
    vitals: Vitals = field(default_factory=Vitals)
    low: int = 0
    _said: Judged = field(default=Judged("starting", "not heard of yet"), repr=False)
    _cpu_s: float | None = None
    _looks: int = 0
    _ran: int = 0
    _neighbours_answer: bool = False

    def answered(self, sign: SignOfLife, at_s: float, answer_s: float = 0.0, others_s: float = 0.0) -> Judged:
        """It answered; what it is at may have taken too long all the same, or its score be low.

        Args:
            sign: the answer.
            at_s: on the wall clock.
            answer_s: that it took.
            others_s: what answers of the other services take, in the middle: where they are slow, so is the machine.
        """
        restarted = self.process is not None and self.process != sign.process
        self.process = sign.process
        self._begin()
        alone = not sign.work and not sign.neighbour_works and others_s <= LIMITS["answers"]
        self.vitals = Vitals(
            answer_s=answer_s if alone else 0.0, work_share=sign.work_s / sign.work_limit_s,
            error_share=sign.error_share, lag_share=sign.late_share,
        )  # fmt: skip
        low = not sign.work and self.vitals.score < LEAST and self.vitals.cause in MENDED_BY_RESTART
        if restarted:
            self.low = 0
        self.low = self.low + 1 if low else self.low if sign.work else max(0, self.low - 1)
        if sign.work_s > sign.work_limit_s:
            why = f"at {sign.work} for {sign.work_s:.0f} s, longer than the {sign.work_limit_s:.0f} s that it may take"
            self._said = self._to_kill(why, at_s)
        elif low:
            self._said = self._unwell(at_s, restarted=restarted)
        elif self.low and not sign.work:  # quick once doesn't make well
            self._said = Judged("degraded", self._said.detail, restarted=restarted, fresh=True)
        else:
            self._said = Judged(*sign.condition, restarted=restarted, fresh=True)
        return self._said

    def silent(
        self, elapsed_s: float, sight: Sight | None, at_s: float, *, neighbours_answer: bool = False
    ) -> Judged:  # fmt: skip
        """It hasn't answered in this tick.

        Args:
            elapsed_s: since the tick before.
            sight: of the process that answered last; None when that is gone or unknown.
            at_s: on the wall clock.
            neighbours_answer: a service in the same process answered what was asked later.
        """
        self._neighbours_answer = neighbours_answer
        self.silence_s += min(elapsed_s, self.rules.longest_tick_s)
        self.vitals = Vitals(silence_s=self.silence_s)
        if sight is not None:
            self._cpu_s = sight.cpu_s if self._cpu_s is None else self._cpu_s
            self._looks += 1
            self._ran += sight.running
        if self.silence_s >= self.rules.silent_s:
            self._said = self._judged(sight, at_s)
        elif self._said.kill:
            self._said = Judged("failed", self._said.detail)
        return Judged(self._said.state, self._said.detail, kill=self._said.kill)

    def ended_with_host(self, why: str) -> Judged:
        """Its process was killed for another service that lives there."""
        self._begin()
        self._said = Judged("starting", why)
        return self._said

    def _judged(self, sight: Sight | None, at_s: float) -> Judged:
        rules, silence = self.rules, f"no answer for {self.silence_s:.0f} s"
        why = ""
        if sight is None or sight.state == ZOMBIE:
            said = Judged("starting", "its process is gone or not known; Ray starts another")
            if self.silence_s >= rules.start_s:
                why = "and no process of it is known"
        elif sight.state == TRACED:
            said = Judged("degraded", f"{silence}: a debugger holds its process")
        else:
            said = Judged("degraded", f"{silence}: busy")
            why = self._hangs(sight)
        return self._to_kill(f"{silence}, {why}", at_s) if why else said

    def _unwell(self, at_s: float, *, restarted: bool) -> Judged:
        """It answers, and not as it should: borne for some looks, and then started anew."""
        vitals = self.vitals
        why = (
            f"its answers take {vitals.answer_s:.1f} s while others are quick"
            if vitals.cause == "answers"
            else f"{vitals.error_share:.0%} of its last calls ended with a defect"
        )
        said = f"score {vitals.score:.2f}: {why}"
        if self.low < self.rules.low_looks:
            return Judged("degraded", said, restarted=restarted, fresh=True)
        self.low = 0
        return self._to_kill(f"{said}, at {self.rules.low_looks} looks", at_s)

    def _hangs(self, sight: Sight) -> str:
        """Why a silent process is taken to hang; empty while it is taken to be busy."""
        used_s = sight.cpu_s - (sight.cpu_s if self._cpu_s is None else self._cpu_s)
        if sight.state == STOPPED:
            return "a signal has stopped its process"
        if self._neighbours_answer:
            return "and others in its process answer: it is stuck"
        if 2 * self._ran < self._looks and used_s < self.rules.idle_share * self.silence_s:
            return "and nothing in it works: it is stuck"
        if self.silence_s >= self.rules.busy_s:
            return "busy with something that lets it answer nobody"
        return ""

    def _to_kill(self, why: str, at_s: float) -> Judged:
        """Killed now, unless it was so a short time ago."""
        rules = self.rules
        self.kills_s[:] = [then for then in self.kills_s if at_s - rules.remembered_s < then <= at_s]
        pause = rules.pauses_s[min(len(self.kills_s), len(rules.pauses_s) - 1)]
        waits = pause - (at_s - max(self.kills_s)) if self.kills_s else 0.0
        if waits > 0:
            times = f"killed {len(self.kills_s)} times within an hour"
            return Judged("failed", f"{why}; {times}, again in {waits:.0f} s")
        self.kills_s.append(at_s)
        self._begin()
        return Judged("failed", why, kill=True)

    def _begin(self) -> None:
        """A silence is measured from here on."""
        self.silence_s, self._cpu_s, self._looks, self._ran = 0.0, None, 0, 0
