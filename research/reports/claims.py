"""What a report was made from, and what of that is different when it is made again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Final, Literal, get_args

from adapters.machine.own_code import code_sha256, code_version
from adapters.postgres.pool import transaction
from adapters.postgres.risk_limits import RiskLimits
from research.page import table
from research.reports.gathering import Gathered
from research.reports.periods import PeriodKind
from research.reports.terms import plain
from trading.decisions.arms import ARMS

CLAIM: Final = "claim"
META: Final = "inplay-claim"
OWN_HASH: Final = re.compile(r'<meta name="inplay-page" content="([0-9a-f]{64})">\n?')
LIVE: Final = frozenset({CLAIM, "milestones", "targets"})
"""Parts of a report that are of the moment it was written at, which no claim is of."""
MOST_DIFFERENCES = 20
Part = Literal["code", "data", "seed", "settings"]

DATA: Final[Mapping[str, str]] = {
    "outcomes": "SELECT count(*), coalesce(sum(round(outcome_return * 1e9)::numeric), 0), "
    "coalesce(sum(pattern_success::int), 0) FROM pattern_training_data WHERE outcome_known_session <= %(until)s",
    "decisions": "SELECT count(*), coalesce(sum(hashtextextended(d::text, 0)::numeric), 0) FROM decisions AS d "
    "WHERE session <= %(until)s",
    "signals": "SELECT count(*), coalesce(sum(hashtextextended(s::text, 0)::numeric), 0) FROM signals AS s "
    "WHERE session <= %(until)s",
    "models": "SELECT count(*), coalesce(sum(hashtextextended(e::text, 0)::numeric), 0) FROM model_events AS e "
    "WHERE from_session <= %(until)s",
    "checks": "SELECT count(*), coalesce(sum(hashtextextended(c::text, 0)::numeric), 0) FROM daily_checks AS c "
    "WHERE session <= %(until)s",
    "costs": "SELECT count(*), coalesce(sum(hashtextextended(c::text, 0)::numeric), 0) FROM costs AS c",
    "machines": "SELECT count(*), coalesce(sum(hashtextextended(m::text, 0)::numeric), 0) FROM machine_events AS m",
}
"""What is hashed of each part of the record; the journal and buy-and-hold, which the bars make, stand beside them."""


def digest_of(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def figures_sha256(told: Mapping[str, Any]) -> str:
    """The hash of all that a claim is of."""
    return digest_of({name: part for name, part in told.items() if name not in LIVE})


def claim_of(found: Gathered, told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What the digest was made from.

    Args:
        found: that it was made of.
        told: the digest's figures.
        now: when it is written.
    """
    kind, day = found.period.kind, found.period.last_day
    limits = RiskLimits(found.record.pool).in_force()
    settings = plain({**found.terms.settings, "risk": {} if limits is None else limits.limits})
    return {
        "command": f"inplay report {kind} --date {day}",
        "kind": kind,
        "day": day.isoformat(),
        "code_version": code_version(),
        "code_sha256": code_sha256(),
        "journal_hash": found.to_date.journal_hash,
        "data": _data(found, told),
        "settings": settings,
        "settings_sha256": digest_of(settings),
        "seed": found.terms.seed,
        "figures_sha256": figures_sha256(told),
        "written_at": now.isoformat(timespec="seconds"),
    }


def _data(found: Gathered, told: Mapping[str, Any]) -> dict[str, str]:
    with transaction(found.record.pool) as cursor:
        hashes = {}
        for name, query in DATA.items():
            cursor.execute(query.encode(), {"until": found.until})
            hashes[name] = digest_of([str(value) for value in cursor.fetchone() or ()])
    bars = digest_of(told["curves"]["equity_usd"][told["benchmark"]["name"]])
    return {"journal": found.to_date.journal_hash, "bars": bars, **hashes}


@dataclass(frozen=True)
class Verified:
    """A claim beside the same report made again.

    Attributes:
        same: whether every figure is the same.
        changed: of code, data, seed and settings, what is different now, each in words.
        differences: figures that differ, `path: then -> now`, at most so many; empty where only the hash is known.
        altered: what of the files isn't what was written, in words; nothing is the same then.
        explained: whether something changed that could be the cause of a difference.
    """

    same: bool
    changed: Mapping[Part, Sequence[str]]
    differences: Sequence[str]
    altered: Sequence[str] = ()

    @property
    def explained(self) -> bool:
        """Nothing differs, or something changed."""
        return self.same or any(self.changed.values())


def compared_claims(then: Mapping[str, Any], now: Mapping[str, Any], before: Any, again: Any) -> Verified:
    """What changed between two claims of the same report.

    Args:
        then: the claim; `now` that of the report made again.
        now: likewise.
        before: the figures of the claim; None where only the page is there.
        again: the figures of now.
    """
    code = [] if then["code_sha256"] == now["code_sha256"] else [f"{_code(then)} then, {_code(now)} now"]
    parts = sorted(then["data"].keys() | now["data"].keys())
    data = [f"{part} of the record" for part in parts if then["data"].get(part) != now["data"].get(part)]
    seed = [] if then["seed"] == now["seed"] else [f"{then['seed']} then, {now['seed']} now"]
    settings = [f"{path}: {a} then, {b} now" for path, a, b in leaves_that_differ(then["settings"], now["settings"])]
    differences: list[str] = []
    if before is not None:
        told = leaves_that_differ(before, again)
        differences = [f"{path}: {a} then, {b} now" for path, a, b in told if path.split(".")[0] not in LIVE]
    whole = before is None or figures_sha256(before) == then["figures_sha256"]
    return Verified(
        same=whole and then["figures_sha256"] == now["figures_sha256"],
        altered=() if whole else ("the figures of the JSON aren't those that its claim is of",),
        changed={"code": code, "data": data, "seed": seed, "settings": settings},
        differences=differences[:MOST_DIFFERENCES],
    )


TEXTS: Final = ("code_version", "code_sha256", "figures_sha256")


def fault_of_claim(claim: Mapping[str, Any]) -> str:
    """What keeps a claim from being run again, in words; empty for one that we wrote."""
    settings = claim.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    rate = settings.get("tbill_percent")
    sound = {
        **{name: isinstance(claim.get(name), str) for name in TEXTS},
        "day": _is_day(claim.get("day")),
        "kind": claim.get("kind") in get_args(PeriodKind),
        "seed": type(claim.get("seed")) is int and claim["seed"] >= 0,
        "data": isinstance(claim.get("data"), dict),
        "settings.broker_follows": settings.get("broker_follows") in tuple(ARMS),
        "settings.tbill_percent": rate is None or (type(rate) in {int, float} and 0 <= rate <= 100),  # noqa: PLR2004
    }
    wrong = [name for name, well in sound.items() if not well]
    return f"no report of ours says such a thing of {', '.join(wrong)}" if wrong else ""


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _code(claim: Mapping[str, Any]) -> str:
    return f"{claim['code_version']} ({claim['code_sha256'][:12]})"


def leaves_that_differ(one: Any, other: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Every value that is different in two JSON values, with its path."""
    return list(_differing(one, other, path))


def _differing(one: Any, other: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _differing(one.get(name), other.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _differing(a, b, f"{path}[{number}]")
    elif one != other:
        yield path, _short(one), _short(other)


def _short(value: Any) -> Any:
    return f"{len(value)} entries" if isinstance(value, dict | list) else value


def meta_of(claim: Mapping[str, Any]) -> dict[str, str]:
    """The claim as the page's head carries it, so that the page alone can be verified."""
    return {META: json.dumps(claim, sort_keys=True)}


def with_own_hash(page: str) -> str:
    """The page with the SHA-256 of the rest of it in its head, so that it can be told later whether it was altered."""
    mine = hashlib.sha256(page.encode()).hexdigest()
    head = f'<meta name="{META}"'
    return page.replace(head, f'<meta name="inplay-page" content="{mine}">\n{head}', 1)


def without_own_hash(page: str) -> str:
    """The page as it was before `with_own_hash`."""
    return OWN_HASH.sub("", page, count=1)


def was_altered(page: str) -> bool:
    """Whether the page isn't the one that its hash is of; an earlier version's has none, and nothing is known of it."""
    found = OWN_HASH.search(page)
    return found is not None and hashlib.sha256(without_own_hash(page).encode()).hexdigest() != found[1]


def claim_words(claim: Mapping[str, Any]) -> str:
    """The claim as a table of the page."""
    rows = [
        ("command", claim["command"]),
        ("journal", claim["journal_hash"]),
        ("code", f"{claim['code_version']}, {claim['code_sha256']}"),
        ("settings", claim["settings_sha256"]),
        ("seed", str(claim["seed"])),
        ("figures", claim["figures_sha256"]),
        ("written", claim["written_at"]),
    ]
    words = "inplay verify claim runs it again and says which of code, data, seed or settings changed since."
    return f"<p>{escape(words)}</p>" + table(("", ""), rows, "left")
