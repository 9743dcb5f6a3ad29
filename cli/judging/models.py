"""`inplay evaluate models`: what an ensemble on record is worth, as a page and as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.wiring import now
from adapters.machine.peak_memory import PeakMemory
from adapters.models.scoring import read_card
from adapters.record import NO_BARS, Record, reading
from adapters.settings import Settings, read_settings
from cli.judging.models_page import model_page, report_lines
from cli.output import finite_json, print_json
from cli.train.job import cutoff
from cli.writing import write_whole
from research.attempts import tried_on
from research.models.changing import names
from research.models.files import files_of, row_of
from research.models.finding import found
from trading.bars.panel import as_date
from trading.errors import ConfigurationError, ModelError
from trading.risk.decision_rules import rules_of
from trading.scanner.rules import large_cap
from tune.judgement.report.model_report import ModelReport, model_report
from tune.judgement.report.out_of_fold import Recipe, recipe_of
from tune.sets.of_record import SetRules, set_of_record
from tune.sets.training_set import TrainingSet

STATES = {"file gone": "is gone", "changed": "isn't the one that was registered"}


@dataclass(frozen=True)
class Judged:
    """What is read of the record before anything is fitted.

    Attributes:
        paths: how far figures move with the split, as training put it on record; empty where it didn't.
        looks: what was tried on these sessions, in words.
    """

    ensemble_id: str
    known_before: date
    recipe: Recipe
    data: TrainingSet
    sectors: Mapping[str, str]
    paths: Mapping[str, Any]
    looks: str


def models(
    ensemble: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Of an ensemble, or as much as is unique; the champion.")
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder for ID.html and ID.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge an ensemble's recipe on every setup on record, by year, regime, sector, pattern and catalyst.

    Models are fitted anew on the past of each fold, so that none is judged on what it learned from. The record isn't
    changed.
    """
    began_s = time.monotonic()
    settings = read_settings()
    if out is not None:
        _require_folder(out)

    def say(words: str) -> None:
        print(f"{time.monotonic() - began_s:6.1f} s  {words}", file=sys.stderr, flush=True)

    with PeakMemory() as memory:
        judged = _read(settings, ensemble)
        report = model_report(
            judged.data, judged.recipe, judged.ensemble_id, judged.known_before, sectors=judged.sectors,
            seed=settings.seed, say=say,
        )  # fmt: skip
    took = {"seconds": round(time.monotonic() - began_s, 1), "peak_pss_mb": round(memory.peak_bytes / 1024**2)}
    facts = {**report.to_dict(), "paths": dict(judged.paths), "looks": judged.looks, **took}
    files = _written(out, report, judged, facts)
    if as_json:
        print_json({**facts, "files": files})
        return
    for line in report_lines(report, judged.paths, judged.looks):
        print(line)
    print(f"{took['seconds']:.1f} s, peak memory {took['peak_pss_mb']:,} MB" + "".join(f"\n{file}" for file in files))


def _require_folder(out: Path) -> None:
    """The folder is there, before minutes of work.

    Raises:
        ConfigurationError: when it can't be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--out {out} can't be a folder: {error.strerror}. Nothing was evaluated.") from error


def _read(settings: Settings, typed: str | None) -> Judged:
    """Everything that is needed of the record, which is closed again."""
    with reading(settings, now=now(), missing=NO_BARS) as record:
        name = _chosen(record, typed)
        row, rows = row_of(record.pool, name)
        for file in files_of(row, rows, record.home):
            if file.state != "whole":
                raise ModelError(
                    f"{record.home / file.path} {STATES[file.state]}, so {name} isn't what was registered. Nothing was "
                    "evaluated or changed. Restore it from a backup (`inplay data restore`), or train anew."
                )
        recipe = recipe_of(read_card(record.home / "models" / name))
        rules = SetRules(rules_of(settings.risk).outcome, large_cap(), cutoff(record, None))
        data = set_of_record(record, rules)
        if not len(data):
            raise ModelError(
                "No setup on record has an outcome yet. Nothing was evaluated; import more sessions first."
            )
        tried = tried_on(
            record.trials.trials(), record.trials.seals(), as_date(data.session[0]), as_date(data.session[-1])
        )
        count = sum(one.trials for one in tried.attempts)
        looks = (
            f"{len(tried.attempts):,} attempts ({count:,} trials) on record were judged on sessions of these before."
        )
        paths = row.metrics.get("paths") or {}
        sectors = record.bar_tables.sectors()
    return Judged(name, row.known_before, recipe, data, sectors, paths, looks)


def _chosen(record: Record, typed: str | None) -> str:
    """The ensemble's name.

    Raises:
        UnknownModelError: when none or several begin with what was typed.
        ConfigurationError: when nothing was and there is no champion.
    """
    if typed is not None:
        return found(names(record.pool), typed)
    champions = [name for name, role in record.lifecycle.life().latest().items() if role == "champion"]
    if not champions:
        raise ConfigurationError("There is no champion on record. Give an ID; see `inplay models list`.")
    return champions[0]


def _written(out: Path | None, report: ModelReport, judged: Judged, facts: Mapping[str, Any]) -> list[str]:
    """The paths of the files, each moved into place whole.

    Raises:
        ConfigurationError: when the disk refuses one.
    """
    if out is None:
        return []
    contents = {
        f"{report.ensemble_id}.html": model_page(report, judged.paths, judged.looks),
        f"{report.ensemble_id}.json": json.dumps(finite_json(facts), default=str, indent=1) + "\n",
    }
    for name, text in contents.items():
        write_whole(out / name, partial(Path.write_text, data=text, encoding="utf-8"))
    return [str(out / name) for name in contents]
