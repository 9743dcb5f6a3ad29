"""`inplay cluster` and Ray's own bootstrap against the simulated DigitalOcean over real HTTP."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner as RaysRunner
from ray.autoscaler._private.commands import _bootstrap_config
from ray.autoscaler._private.providers import _get_node_provider
from ray.scripts.scripts import cli as ray_commands
from typer.testing import CliRunner

from cli.main import app
from cluster.api import connect
from cluster.errors import ApiError, ClusterConfigError
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script
from cluster.simulator.server import serving
from cluster.simulator.world import Latencies
from tests.fakes.eventually import eventually
from tests.fakes.specification import specification

ROOT = Path(__file__).parents[3]
FILE = str(ROOT / "ray-cluster.yaml")


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedCloud]:
    """An account that answers over HTTP, and a home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("DIGITALOCEAN_ACCESS_TOKEN", raising=False)
    quick = Latencies(create_s=0.5, gpu_create_s=0.5, tag_s=0.2, action_s=0.2, destroy_s=0.2, firewall_s=0.1)
    cloud = SimulatedCloud(
        now=lambda: datetime.now(UTC), generator=random.Random(1), latencies=quick, specification=specification()
    )  # fmt: skip
    with serving(cloud) as end_point:
        monkeypatch.setenv("DIGITALOCEAN_END_POINT", end_point)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
        yield cloud


def asked(*words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON object of a command."""
    result = CliRunner().invoke(app, ["cluster", *words, "--json"])
    return result.exit_code, json.loads(result.stdout) if result.stdout else {"error": str(result.exception)}


def run_ray(*words: str) -> tuple[int, str]:
    """Exit code and words of one of Ray's own commands, in this process."""
    result = RaysRunner().invoke(ray_commands, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_preflight_finds_the_shipped_file_ready_and_makes_nothing(simulated: SimulatedCloud) -> None:
    """Preflight finds the shipped file ready and makes nothing."""
    code, answer = asked("preflight", FILE)
    assert (code, answer["ready"]) == (0, True), answer
    assert {call.method for call in simulated.calls} == {"GET"}
    assert simulated.spec_violations == []


def test_preflight_says_that_a_token_is_wrong(simulated: SimulatedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Preflight says that a token is wrong."""
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "another")
    code, answer = asked("preflight", FILE)
    assert code == 1
    assert [check["check"] for check in answer["checks"] if check["result"] == "wrong"] == ["token"]
    assert simulated.spec_violations == []


def test_preflight_says_once_that_digitalocean_is_away(
    simulated: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing answers that is said once, with what to do; what only an answer could tell is not claimed."""
    monkeypatch.setattr("cluster.api.BACK_OFF_S", 0.01)
    simulated._faults = Script([Fault(FaultKind.BAD_GATEWAY, times=10_000)])
    code, answer = asked("preflight", FILE)
    assert code == 1
    live = [each for each in answer["checks"] if each["check"] in ("DigitalOcean", "token", "clock", "images")]
    assert [(each["check"], each["result"]) for each in live] == [("DigitalOcean", "wrong")]
    assert "Repeat it in some minutes" in live[0]["detail"]


def test_without_a_token_the_file_is_judged_and_reap_says_what_to_do(
    simulated: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a token the file is judged, costs are those on record, and reap says what to do."""
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    code, answer = asked("preflight", FILE)
    assert (code, answer["ready"]) == (0, False)
    assert asked("cost", FILE)[1]["live"] is False
    assert "Set DIGITALOCEAN_TOKEN" in asked("reap")[1]["error"]
    assert simulated.calls == []


def test_cost_is_that_of_the_live_catalogue(simulated: SimulatedCloud) -> None:
    """Cost is that of the live catalogue: $24 for the head and 16 hours of the GPU at $3.39 in phase 2."""
    code, answer = asked("cost", FILE)
    assert code == 0
    assert answer["now_usd_per_h"] == 0
    phase = answer["phases"][1]
    assert phase["machines_usd_per_month"] == pytest.approx(24 + 16 * 3.39)
    assert phase["always_on_usd_per_month"] == pytest.approx(24 + 730 * 3.39)
    assert simulated.spec_violations == []


def test_ray_bootstraps_the_shipped_file_and_makes_its_head(
    simulated: SimulatedCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ray bootstraps the shipped file, finds our provider by name, makes the head, and takes down what is sold no more.

    A head whose size is sold out is taken down like any other; where a type's size is gone, it is told how. Somebody
    with another SSH key is told that they can't get in, and can take it down.
    """
    loaded = yaml.safe_load(Path(FILE).read_text(encoding="utf-8"))
    config = _bootstrap_config(copy.deepcopy(loaded), no_config_cache=True)
    assert TOKEN not in json.dumps(config)
    assert config["available_node_types"]["ray.worker.gpu"]["resources"]["GPU"] == 1
    provider = _get_node_provider(config["provider"], config["cluster_name"], use_cache=False)
    head = config["available_node_types"]["ray.head"]["node_config"]
    provider.create_node(head, {"ray-node-type": "head", "ray-user-node-type": "ray.head"}, 1)
    assert len(provider.non_terminated_nodes({"ray-node-type": "head"})) == 1
    file = tmp_path / ".inplay" / "digitalocean_token"
    file.write_text("of last week", encoding="utf-8")
    assert TOKEN not in json.dumps(provider.prepare_for_head_node(config))
    assert file.read_text(encoding="utf-8").strip() == TOKEN
    assert file.stat().st_mode & 0o077 == 0
    key = tmp_path / ".ssh" / "inplay-inplay"
    for part in (key, key.with_name(f"{key.name}.pub")):
        part.rename(tmp_path / part.name)
    _bootstrap_config(copy.deepcopy(loaded), no_config_cache=True)  # a second operator, with a key of their own
    assert "another SSH key than yours" in caplog.text
    simulated.world.catalogue.sizes["s-2vcpu-4gb"]["regions"].remove("tor1")
    loaded["available_node_types"]["ray.worker.cpu"]["node_config"]["size"] = "s-gone"
    with pytest.raises(ClusterConfigError, match="reap --cluster inplay --all"):
        _bootstrap_config(loaded, no_config_cache=True)
    code, said = run_ray("down", "-y", FILE)
    assert code == 0, said
    assert not any(simulated.left().values()), simulated.left()
    assert simulated.spec_violations == []


def test_a_head_that_is_off_is_named_with_what_it_costs(simulated: SimulatedCloud) -> None:
    """Reap destroys nothing of it, and both reap and preflight name it with its $24 a month."""
    config = _bootstrap_config(yaml.safe_load(Path(FILE).read_text(encoding="utf-8")), no_config_cache=True)
    provider = _get_node_provider(config["provider"], config["cluster_name"], use_cache=False)
    head = config["available_node_types"]["ray.head"]["node_config"]
    (number,) = provider.create_node(head, {"ray-node-type": "head", "ray-user-node-type": "ray.head"}, 1)
    eventually(lambda: provider.non_terminated_nodes({}) and provider.is_running(number), what="the head is active")
    connect().post(f"droplets/{number}/actions", {"type": "power_off"})
    eventually(lambda: asked("reap", "--dry-run")[1]["off_heads"], what="the head is off")
    code, answer = asked("reap")
    assert (code, answer["machines"], answer["waiting"]) == (0, [], [])
    assert [(each["id"], each["usd_per_month"]) for each in answer["off_heads"]] == [(int(number), 24.0)]
    checks = {each["check"]: each for each in asked("preflight", FILE)[1]["checks"]}
    assert checks["heads that are off"]["result"] == "warning"
    assert "$24.00 a month" in checks["heads that are off"]["detail"]
    assert checks["record of costs"]["result"] == "ok"
    assert simulated.spec_violations == []


def test_ray_up_says_what_is_wrong_without_a_traceback(
    simulated: SimulatedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ray up` names what is wrong and what to do in one text, makes nothing, and ends with 1."""
    shipped = Path(FILE).read_text(encoding="utf-8")
    wrong = {
        "isn't sold in mars1": ("region: tor1", "region: mars1"),
        "has no size s-gone": ("size: s-2vcpu-4gb", "size: s-gone"),
        "has no image arch": ("image: ubuntu-24-04-x64", "image: arch"),
        "the cap is $0.00": ("usd_per_month: 82", "usd_per_month: 0.001"),
        "key /nowhere isn't there": ("# ssh_private_key: ~/.ssh/id_ed25519", "ssh_private_key: /nowhere"),
    }
    for told, (right, instead) in wrong.items():
        file = tmp_path / "wrong.yaml"
        file.write_text(shipped.replace(right, instead), encoding="utf-8")
        code, said = run_ray("up", "-y", "--no-config-cache", str(file))
        assert (code, "Nothing was created" in said, "Traceback" in said) == (1, True, False), said
        assert told in said
    simulated.world.droplet_limit = 0
    code, said = run_ray("up", "-y", "--no-config-cache", FILE)
    assert (code, "Ask DigitalOcean for a higher limit" in said, "Traceback" in said) == (1, True, False), said
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "another")
    code, said = run_ray("up", "-y", "--no-config-cache", FILE)
    assert (code, "Make a new token" in said, "Traceback" in said) == (1, True, False), said
    assert not any(simulated.left()[kind] for kind in ("droplets", "volumes", "snapshots"))


def test_an_answer_that_fails_once_never_makes_a_gpu_machine_without_a_gpu(simulated: SimulatedCloud) -> None:
    """When DigitalOcean's catalogue can't be had, Ray isn't given types without their resources: it is an error."""
    simulated._faults = Script([Fault(FaultKind.FORBIDDEN, path="sizes$")])
    loaded = yaml.safe_load(Path(FILE).read_text(encoding="utf-8"))
    with pytest.raises(ApiError, match="lacks a scope"):
        _bootstrap_config(copy.deepcopy(loaded), no_config_cache=True)
    config = _bootstrap_config(loaded, no_config_cache=True)
    assert config["available_node_types"]["ray.worker.gpu"]["resources"]["GPU"] == 1


def test_a_file_that_lacks_a_key_is_told_before_ray_stumbles(simulated: SimulatedCloud, tmp_path: Path) -> None:
    """A file that lacks a key is told before Ray stumbles over it."""
    loaded = yaml.safe_load(Path(FILE).read_text(encoding="utf-8"))
    del loaded["docker"]
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(loaded), encoding="utf-8")
    result = CliRunner().invoke(app, ["cluster", "preflight", str(file)])
    assert isinstance(result.exception, ClusterConfigError)
    assert "docker" in str(result.exception)
    assert simulated.calls == []
