"""Hung and busy, told apart by what a clock of ours and a process of ours say."""

from __future__ import annotations

import pytest

from actors.service import Condition, SignOfLife
from actors.supervision import Judged, SupervisionRules, Watched
from adapters.machine.processes import Process, Sight

RULES = SupervisionRules()
FIRST, SECOND = Process(100, 5), Process(100, 6)
WELL: Condition = ("ok", "process 100")
IDLE = Sight("S", 10.0, running=False)


def _watched() -> Watched:
    watched = Watched(RULES)
    assert watched.answered(SignOfLife(WELL, FIRST), 0.0) == Judged("ok", "process 100", fresh=True)
    return watched


def _first(watched: Watched, sights: list[Sight | None], at_s: float = 0.0) -> list[tuple[int, Judged]]:
    """The ticks of a second at which something else is said than before."""
    said, last = [], None
    for tick, sight in enumerate(sights, start=1):
        judged = watched.silent(1.0, sight, at_s + tick)
        if judged != last:
            said.append((tick, judged))
        last = judged
    return said


@pytest.mark.parametrize(
    ("sight", "why"),
    [
        (Sight("T", 10.0, running=False), "no answer for 6 s, a signal has stopped its process"),
        (IDLE, "no answer for 6 s, and nothing in it works: it is stuck"),
    ],
)
def test_what_stands_still_is_killed_after_six_seconds(sight: Sight, why: str) -> None:
    """Five ticks of a second say nothing; the sixth one says why, once."""
    watched = _watched()
    assert _first(watched, [sight] * 7) == [
        (1, Judged("ok", "process 100")),
        (6, Judged("failed", why, kill=True)),
        (7, Judged("failed", why)),
    ]


def test_a_service_that_works_may_be_silent_for_two_minutes() -> None:
    """Half a core a second, in a call that holds the interpreter: 5 x 0.5 s are more than a twentieth of 6 s."""
    watched = _watched()
    said = _first(watched, [Sight("S", 10.0 + tick / 2, running=False) for tick in range(120)])
    assert [(tick, judged.state, judged.kill) for tick, judged in said if judged.kill or tick < 7] == [
        (1, "ok", False), (6, "degraded", False), (120, "failed", True)
    ]  # fmt: skip


def test_a_thread_that_waits_for_a_core_or_a_disk_is_at_work() -> None:
    """At half of the looks, on a machine so busy that it got no processor time: not stuck."""
    waits = Sight("S", 10.0, running=True)
    said = _first(_watched(), [waits, IDLE] * 10)
    assert {judged.state for _, judged in said} == {"ok", "degraded"}


def test_a_thread_that_ran_for_an_instant_is_no_work() -> None:
    """Ray's own threads wake up now and then in a process that is stuck: at two looks of six."""
    waits = Sight("S", 10.0, running=True)
    said = _first(_watched(), [waits, IDLE, IDLE, waits, IDLE, IDLE])
    assert [(tick, judged.kill) for tick, judged in said] == [(1, False), (6, True)]


def test_a_debugger_is_left_alone() -> None:
    """However long it holds the process."""
    assert not any(judged.kill for _, judged in _first(_watched(), [Sight("t", 10.0, running=False)] * 500))


def test_a_machine_that_slept_is_no_service_that_hangs() -> None:
    """A tick of eight hours counts as one of two seconds."""
    watched = _watched()
    assert watched.silent(8 * 3600.0, IDLE, 1.0).state == "ok"
    assert watched.silence_s == 2.0
    assert watched.answered(SignOfLife(WELL, FIRST), 2.0).state == "ok"
    assert watched.silence_s == 0.0


def test_work_has_a_bound_for_its_kind() -> None:
    """It answers beside its work, which is named; within the bound nothing is wrong."""
    watched = _watched()
    busy = SignOfLife(WELL, FIRST, "run_session", 899.0, 900.0)
    assert watched.answered(busy, 899.0).state == "ok"
    late = SignOfLife(WELL, FIRST, "run_session", 902.0, 900.0)
    why = "at run_session for 902 s, longer than the 900 s that it may take"
    assert watched.answered(late, 902.0) == Judged("failed", why, kill=True)


def test_another_process_that_answers_is_a_restart() -> None:
    """The same number with another start is another process."""
    watched = _watched()
    assert _first(watched, [None] * 7)[-1] == (
        6, Judged("starting", "its process is gone or not known; Ray starts another")
    )  # fmt: skip
    assert watched.answered(SignOfLife(WELL, SECOND), 8.0).restarted
    assert not watched.answered(SignOfLife(WELL, SECOND), 9.0).restarted


def test_a_constructor_has_two_minutes() -> None:
    """After that Ray is told to start it anew."""
    said = _first(Watched(RULES), [None] * 120)
    assert [(tick, judged.kill) for tick, judged in said] == [(1, False), (6, False), (120, True)]


def test_a_service_that_hangs_again_and_again_waits_longer_each_time() -> None:
    """Of an hour's killings the second is 20 s after the first at the earliest, the third 30 s after that one, and on.

    Six seconds of silence are the least between two, so the pauses are those of the rules: 20, 30, 60, 120, 300, 600.
    """
    watched, stopped = _watched(), Sight("T", 10.0, running=False)
    kills = [second for second in range(1, 2400) if watched.silent(1.0, stopped, float(second)).kill]
    assert kills == [6, 26, 56, 116, 236, 536, 1136, 1736, 2336]
    told = watched.silent(1.0, stopped, 2400.0)
    assert told.state == "failed"


def test_killings_of_more_than_an_hour_ago_are_forgotten() -> None:
    """The next one is the first again."""
    watched = _watched()
    watched.kills_s = [0.0, 20.0, 50.0]
    stopped = Sight("T", 10.0, running=False)
    assert [tick for tick, judged in _first(watched, [stopped] * 8, at_s=3700.0) if judged.kill] == [6]


REST = SignOfLife(WELL, FIRST)


def test_a_neighbour_at_work_may_make_answers_late() -> None:
    """One interpreter serves all services of a process; none at rest is killed for it."""
    assert _slow(_watched(), 9, sign=SignOfLife(WELL, FIRST, neighbour_works=True)) == [("ok", False)] * 9


def test_who_is_silent_while_its_neighbours_answer_is_stuck() -> None:
    """The process is busy all the while, with the others' work: 0.5 s of processor time a second."""
    watched = _watched()
    told = [
        watched.silent(1.0, Sight("S", 10.0 + tick / 2, running=True), float(tick), neighbours_answer=True)
        for tick in range(1, 7)
    ]
    assert [one.kill for one in told] == [False] * 5 + [True]
    assert told[-1].detail == "no answer for 6 s, and others in its process answer: it is stuck"


def test_services_of_one_process_share_its_pauses() -> None:
    """The second killing within the hour waits 20 s, whoever it is for."""
    kills_s: list[float] = []
    one, other = Watched(RULES, kills_s=kills_s), Watched(RULES, kills_s=kills_s)
    for watched in (one, other):
        watched.answered(SignOfLife(WELL, FIRST), 0.0)
    late = SignOfLife(WELL, FIRST, "scan", 901.0, 900.0)
    assert one.answered(late, 10.0).kill
    assert other.ended_with_host("restarted with one") == Judged("starting", "restarted with one")
    told = other.answered(SignOfLife(WELL, SECOND, "scan", 902.0, 900.0), 15.0)
    assert (told.state, told.kill) == ("failed", False)
    assert "again in 15 s" in told.detail
    assert other.answered(SignOfLife(WELL, SECOND, "scan", 920.0, 900.0), 31.0).kill


def test_who_ended_with_its_process_is_starting_until_another_answers() -> None:
    """Its silence counts from then on, and it isn't killed a second time for the same reason."""
    watched = _watched()
    for tick in range(5):
        watched.silent(1.0, Sight("T", 10.0, running=False), float(tick))
    watched.ended_with_host("restarted with another")
    assert [watched.silent(1.0, None, 6.0 + tick).state for tick in range(7)] == ["starting"] * 7
    assert watched.answered(SignOfLife(WELL, SECOND), 20.0).restarted


def _slow(watched: Watched, looks: int, *, others_s: float = 0.01, sign: SignOfLife = REST) -> list[tuple[str, bool]]:
    """What looks at a service say that takes a second to answer."""
    judged = [watched.answered(sign, float(look), 1.0, others_s) for look in range(1, looks + 1)]
    return [(one.state, one.kill) for one in judged]


def test_a_service_that_alone_is_slow_is_degraded_at_once_and_started_anew_at_the_fourth_look() -> None:
    """Answers of 1 s score 0.80; a restart takes back the count, and the pauses between killings hold here too."""
    watched = _watched()
    assert _slow(watched, 4) == [("degraded", False)] * 3 + [("failed", True)]
    assert watched.vitals.score == pytest.approx(0.80)
    assert _slow(watched, 4) == [("degraded", False)] * 3 + [("failed", False)]
    told = [watched.answered(REST, 30.0 + look, 1.0) for look in range(4)]
    assert [one.kill for one in told] == [False, False, False, True]
    assert told[-1].detail == "score 0.80: its answers take 1.0 s while others are quick, at 4 looks"


def test_a_machine_on_which_all_are_slow_restarts_none() -> None:
    """Neither does work: what a service is at may make its answers late."""
    assert _slow(_watched(), 9, others_s=0.9) == [("ok", False)] * 9
    assert _slow(_watched(), 9, sign=SignOfLife(WELL, FIRST, "warm_up", 20.0)) == [("ok", False)] * 9


def test_a_quick_answer_takes_back_one_slow_one() -> None:
    """A service that runs by fits and starts is slow all the same; one that was slow once is well at the next look."""
    watched = _watched()
    assert not any(kill for _, kill in _slow(watched, 3))
    assert watched.answered(REST, 4.0, 0.02).state == "degraded"
    assert [kill for _, kill in _slow(watched, 2)] == [False, True]
    watched = _watched()
    assert _slow(watched, 1) == [("degraded", False)]
    assert watched.answered(REST, 2.0, 0.02).state == "ok"


def test_defects_are_mended_by_a_restart_and_late_data_are_not() -> None:
    """Two defects of twenty calls score 0.85; sources that can't be had score 0.90 and are the sources'."""
    defects = SignOfLife(WELL, FIRST, error_share=0.10)
    watched = _watched()
    told = [watched.answered(defects, float(look)) for look in range(4)]
    assert [one.kill for one in told] == [False, False, False, True]
    assert told[0].detail == "score 0.85: 10% of its last calls ended with a defect"
    late = SignOfLife(WELL, FIRST, work_s=0.0, late_share=1.0)
    assert [_watched().answered(late, 1.0).state for _ in range(9)] == ["ok"] * 9


def test_silence_lowers_the_score() -> None:
    """After 9 s the heartbeat is worth half: 1 - 0.40 / 2; when it answers again it is well."""
    watched = _watched()
    for tick in range(9):
        watched.silent(1.0, Sight("S", 10.0 + tick, running=True), float(tick))
    assert watched.vitals.score == pytest.approx(0.80)
    watched.answered(REST, 10.0)
    assert watched.vitals.score == 1.0
