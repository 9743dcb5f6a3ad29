"""A report made, and a claim made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from adapters.record import Record
from research.reports.claims import CLAIM, Verified, claim_of, compared_claims, was_altered, without_own_hash
from research.reports.digest import figures_of
from research.reports.digest_page import digest_page, without_live
from research.reports.gathering import Gathered, gather
from research.reports.milestones.criterion import Asking
from research.reports.milestones.targets import milestones_of, targets_of
from research.reports.periods import PeriodKind
from research.reports.terms import ReportTerms


def report_of(
    record: Record, kind: PeriodKind, day: date | None, terms: ReportTerms, *, now: datetime
) -> dict[str, Any]:
    """The digest of a day or a week as JSON: figures up to its last session, live milestones, and its claim.

    Args:
        record: only read.
        kind: of the period.
        day: with which it ends; the last complete session if None.
        terms: settings.
        now: for what is live, and when it was written.

    Raises:
        UnavailableError: before the first complete session.
        ConfigurationError: when the day is no session on record.
    """
    return report_of_gathered(gather(record, kind, day, terms), now=now)


def report_of_gathered(found: Gathered, *, now: datetime) -> dict[str, Any]:
    """Likewise of what was gathered before."""
    told = figures_of(found)
    asking = Asking(found, now)
    claim = claim_of(found, told, now)
    return {**told, "milestones": milestones_of(asking), "targets": targets_of(asking), CLAIM: claim}


def made_again(
    record: Record,
    claim: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    terms: ReportTerms,
    *,
    now: datetime,
    page: str | None = None,
) -> Verified:
    """The report of a claim made again from the record, code, seed and settings of now, beside what it said.

    Args:
        record: only read.
        claim: of the report.
        before: the whole report; None where only its page is there.
        terms: settings of now.
        now: when.
        page: of the report; what it shows is compared where code and figures are the same, but for what is live.
    """
    kind: PeriodKind = "week" if claim["kind"] == "week" else "day"
    found = gather(record, kind, date.fromisoformat(claim["day"]), terms)
    told = figures_of(found)
    again = claim_of(found, told, now)
    verified = compared_claims(claim, again, before, told)
    if page is not None and was_altered(page):
        return replace(verified, same=False, altered=(*verified.altered, "the page isn't the one that was written"))
    if page is None or not verified.same or claim["code_sha256"] != again["code_sha256"]:
        return verified
    own = digest_page({**told, "milestones": [], "targets": [], CLAIM: claim})
    if without_live(own) == without_live(without_own_hash(page)):
        return verified
    return replace(verified, same=False, altered=("the page doesn't show the figures of its claim",))


def terms_of_claim(claim: Mapping[str, Any], terms: ReportTerms) -> ReportTerms:
    """The settings and the seed that the claim names, in place of those of now."""
    settings = claim["settings"]
    return replace(
        terms, seed=claim["seed"], follows=settings["broker_follows"], tbill_percent=settings["tbill_percent"]
    )
