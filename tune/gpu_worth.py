"""Whether a GPU would pay for a training: its dollars beside those of the CPU, from what was measured. Pure.

A GPU is billed from its creation until it is gone. So a training on it costs its hours at its price and the minutes in
which it comes and goes, and it pays where the CPU's machine costs more for the same training.
"""

from __future__ import annotations

from dataclasses import dataclass

BEST_SPEED_UP = 20.0
"""As long as none was measured here. The most that an H100 was faster than two threads of the same machine, at the
largest fits that were tried (2,000,000 rows, boosters of depth 3); more threads make it less."""
COMES_AND_GOES_S = 480.0
"""As long as a GPU's machine is billed beside its work: some three minutes to boot and be set up, and five idle ones,
the `idle_timeout_s` of ray-cluster.yaml. On a real machine neither was measured."""
HEAD_USD_PER_H = 24 / 672
"""A droplet of 24 USD a month, where the price of the head isn't on record; a month is billed as 672 hours at most."""
HOUR_S = 3_600.0


@dataclass(frozen=True)
class Measured:
    """The last training on CPUs that is on record.

    Attributes:
        seconds: that it took.
        rows: that it learned from.
    """

    seconds: float
    rows: int


@dataclass(frozen=True)
class Prices:
    """In dollars an hour: of the machine that trains on its CPUs, and of a GPU."""

    cpu_usd_per_h: float
    gpu_usd_per_h: float


def speed_up(cpu: Measured, gpu: Measured) -> float:
    """How many times as fast a GPU was, by the seconds that each took for a row."""
    return (cpu.seconds / cpu.rows) / (gpu.seconds / gpu.rows)


def not_worth_it(last: Measured, rows: int, prices: Prices, times_as_fast: float | None = None) -> str:
    """Why a GPU wouldn't pay, in words; empty where it would.

    Args:
        last: training on CPUs.
        rows: to be learned from now; time is taken to grow with them.
        prices: of both.
        times_as_fast: as measured here; None where no training on a GPU is on record.
    """
    cpu_s = last.seconds * rows / last.rows
    faster = BEST_SPEED_UP if times_as_fast is None else times_as_fast
    cpu_usd = cpu_s / HOUR_S * prices.cpu_usd_per_h
    gpu_usd = (cpu_s / faster + COMES_AND_GOES_S) / HOUR_S * prices.gpu_usd_per_h
    if gpu_usd < cpu_usd:
        return ""
    known = "the most that was ever measured" if times_as_fast is None else "as measured here"
    return (
        f"A GPU would not pay: a training on {rows:,} rows takes {_time(cpu_s)} on the CPU, ${cpu_usd:.4f} at "
        f"${prices.cpu_usd_per_h:.3f}/h, and {_time(cpu_s / faster)} on a GPU that is {faster:.1f} times as fast "
        f"({known}), which with {_time(COMES_AND_GOES_S)} to come and go is ${gpu_usd:.2f} at "
        f"${prices.gpu_usd_per_h:.2f}/h. INPLAY_GPU_IF_DEARER=true rents one all the same."
    )


UNMEASURED = (
    "No training on the CPU is on record with its time, so nothing says that a GPU would pay. Train once with `inplay "
    "train`, or set INPLAY_GPU_IF_DEARER=true to rent one all the same."
)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes
