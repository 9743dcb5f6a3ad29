"""`inplay evaluate acl18` and `kdd17`: public benchmarks of whether a stock's next close is higher."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from actors.wiring import now
from adapters.record import require_current, writing
from adapters.settings import read_settings
from cli.figures import with_interval
from cli.output import print_json
from trading.errors import InplayError
from trading.performance.estimate import Estimate
from trading.trials.trial import Trial
from tune.movement.evaluation import Evaluated, evaluated
from tune.movement.protocol import ACL18, KDD17, Protocol

AsOption = Annotated[
    Literal["dev", "test"] | None, typer.Option("--part", help="What is judged; test where the prices reach it.")
]
Seeds = Annotated[int, typer.Option(min=1, max=100, help="Fits whose mean is reported.")]
Prices = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Parquet of daily prices.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def acl18(
    *,
    prices: Prices,
    tweets: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Parquet of tweets.")] = None,
    part: AsOption = None,
    seeds: Seeds = 5,
    as_json: Json = False,
) -> None:
    """Will the next close be higher? Accuracy and MCC by the protocol of ACL18 (StockNet)."""
    _report(ACL18, prices, tweets, evaluated(ACL18, prices, tweets, part, seeds), seeds, as_json=as_json)


def kdd17(*, prices: Prices, part: AsOption = None, seeds: Seeds = 5, as_json: Json = False) -> None:
    """The same by the protocol of KDD17, which has prices only."""
    _report(KDD17, prices, None, evaluated(KDD17, prices, None, part, seeds), seeds, as_json=as_json)


def _report(
    protocol: Protocol, prices: Path, tweets: Path | None, done: Evaluated, seeds: int, *, as_json: bool
) -> None:
    looks = _looks(protocol, [one for one in (prices, tweets) if one], done, seeds)
    if as_json:
        print_json(_facts(protocol, done, seeds, looks))
        return
    first, last = done.sessions[0], done.sessions[-1]
    print(f"{protocol.name}, {done.part} part: {done.why}")
    print(
        f"{done.samples:,} samples of {len(done.sessions)} sessions, {first} to {last}, {done.symbols} stocks, "
        f"{done.up_share:.2%} rose; {done.training:,} to learn from"
    )
    if done.unused_tweets:
        print(f"tweets: {done.unused_tweets[1]:,}, of which {done.unused_tweets[0]:,} are of no stock or session here")
    best = done.choices[0]
    print(f"chosen within training of {len(done.choices)}: {', '.join(best.groups)}; depth {best.params['max_depth']}, "
          f"{best.params['rounds']} rounds; log loss {best.loss:.4f} (a coin 0.6931)")  # fmt: skip
    named = {
        f"{name}, the majority of training" if name == done.majority else name: score
        for name, score in done.scores.items()
    }
    width = max(map(len, named)) + 2
    print(f"{'':<{width}}accuracy [95 % interval of whole days]   MCC")
    for name, score in named.items():
        print(f"{name:<{width}}{with_interval(score.accuracy):<41}{_plain(score.mcc)}")
    print("each seed: " + ", ".join(f"{a:.2%}/{m:.4f}" for a, m in done.scores["xgboost"].per_seed))
    published = [f"{name} {a:.2%}{'' if m is None else f'/{m:.4f}'}" for name, (a, m) in protocol.published.items()]
    print(f"published, {protocol.source}: {', '.join(published)}")
    print(looks["words"])


def _plain(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-" if estimate.value is None else f"{estimate.value:.4f}"
    return f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})"


def _facts(protocol: Protocol, done: Evaluated, seeds: int, looks: dict[str, Any]) -> dict[str, Any]:
    return {
        "benchmark": protocol.name, "part": done.part, "why": done.why, "samples": done.samples,
        "sessions": len(done.sessions), "first": str(done.sessions[0]), "last": str(done.sessions[-1]),
        "stocks": done.symbols, "training_samples": done.training, "up_share": done.up_share, "majority": done.majority,
        "seeds": seeds,
        "scores": {name: asdict(score) for name, score in done.scores.items()},
        "chosen": asdict(done.choices[0]), "compared": [asdict(one) for one in done.choices],
        "tweets": done.unused_tweets and dict(zip(("unused", "rows"), done.unused_tweets, strict=True)),
        "published": {name: {"accuracy": a, "mcc": m} for name, (a, m) in protocol.published.items()},
        "published_source": protocol.source, "looks": looks,
    }  # fmt: skip


def _looks(protocol: Protocol, files: list[Path], done: Evaluated, seeds: int) -> dict[str, Any]:
    """How often the part was looked at, this look included and put on record; never a reason to fail."""
    label = f"{protocol.name} {done.part}"
    settings = read_settings()
    if settings.database_url is None and not (settings.home / "postgres" / "data").is_dir():
        return {
            "on_record": None,
            "words": f"looks at the {done.part} part: not on record, as {settings.home} has none",
        }
    digest = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
    asked = json.dumps([label, seeds, asdict(done.choices[0])], sort_keys=True, default=str)
    try:
        with writing(settings, now=now(), make=False) as record:
            require_current(record)
            record.trials.add(
                Trial(
                    "backtest", f"{label}, benchmark", hashlib.sha256(asked.encode()).hexdigest(), version("inplay"),
                    digest, done.sessions, done.returns, now(),
                )
            )  # fmt: skip
            count = sum(one.label == f"{label}, benchmark" for one in record.trials.trials())
    except InplayError as error:
        return {"on_record": None, "words": f"looks at the {done.part} part: not on record ({error})"}
    return {"on_record": count, "words": f"looks at the {done.part} part on record, with this one: {count}"}
