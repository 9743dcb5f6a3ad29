"""The cluster's file as it is shipped, judged by Ray and by our own checks."""

from __future__ import annotations

import copy
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.commands import hash_launch_conf
from ray.autoscaler._private.util import fillout_defaults, prepare_config, validate_config
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig

from actors.local import LESS_AT_REST
from adapters.machine.heaps import FRUGAL
from cluster import bootstrap_config as bootstrap
from cluster.catalogue import Catalogue
from cluster.errors import ClusterConfigError
from cluster.preflight import check_offline
from cluster.spec import read_spec
from cluster.token import TOKEN_FILE
from tests.fakes.cloud import SIZES, TOKEN, size

ROOT = Path(__file__).parents[3]
HEAD_ENV, MAKE_SWAP = ROOT / "cluster/boot/head.env", ROOT / "cluster/boot/make_swap.sh"
CATALOGUE = Catalogue([*SIZES, size("s-4vcpu-8gb", 4, 8192, 0.071, 48.0), size("s-8vcpu-16gb", 8, 16_384, 0.143, 96.0)])


@pytest.fixture
def shipped() -> dict[str, Any]:
    """The file in the repository."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    return loaded


def test_ray_accepts_the_file_as_it_stands(shipped: dict[str, Any]) -> None:
    """Ray accepts the file as it stands."""
    validate_config(prepare_config(copy.deepcopy(shipped)))
    validate_config(bootstrap.detect_resources(prepare_config(copy.deepcopy(shipped)), CATALOGUE))


def test_machines_get_every_package(shipped: dict[str, Any]) -> None:
    """A package that isn't copied is missing on the head only, where services and trainings import it."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    packages = built["targets"]["wheel"]["packages"]
    assert {f"~/inplay/{name}": name for name in packages}.items() <= shipped["file_mounts"].items()


def test_every_key_that_an_external_provider_must_give_is_there(shipped: dict[str, Any]) -> None:
    """Every key that an external provider must give is there."""
    # What `ray up` reads without a default: Ray fills these for its own clouds and not for an external provider.
    read = "file_mounts cluster_synced_files docker initialization_commands setup_commands head_setup_commands "
    read += "worker_setup_commands head_start_ray_commands worker_start_ray_commands auth max_workers provider"
    assert not set(read.split()) - set(shipped)
    assert set(fillout_defaults(shipped)) - set(shipped) <= {"head_node", "worker_nodes"}


def test_every_file_that_is_mounted_exists(shipped: dict[str, Any]) -> None:
    """Every file that is mounted exists."""
    assert [local for local in shipped["file_mounts"].values() if not (ROOT / local).exists()] == []


def test_resources_and_labels_are_those_of_the_catalogue(shipped: dict[str, Any]) -> None:
    """Resources and labels are those of the catalogue."""
    gpu = bootstrap.detect_resources(shipped, CATALOGUE)["available_node_types"]["ray.worker.gpu"]
    # 240 GiB of memory, 70 % of it for tasks
    assert gpu["resources"] == {"CPU": 20, "GPU": 1, "memory": 240 * 1024**3 * 7 // 10}
    assert gpu["labels"]["ray.io/accelerator-type"] == "H100"


def test_our_own_checks_accept_it(shipped: dict[str, Any]) -> None:
    """Our own checks accept it."""
    assert read_spec(shipped["provider"], shipped["cluster_name"]).caps.usd_per_month == 82
    assert set(bootstrap.check_types(shipped, CATALOGUE)) == set(shipped["available_node_types"])


def test_a_fallback_that_is_smaller_is_refused(shipped: dict[str, Any]) -> None:
    """A fallback that is smaller is refused."""
    shipped["available_node_types"]["ray.worker.gpu"]["node_config"]["fallback_sizes"] = ["gpu-l40sx1-48gb"]
    with pytest.raises(ClusterConfigError, match="can't stand in"):
        bootstrap.check_types(shipped, CATALOGUE)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("token", "x", "revoke that token"),
        ("admin_cidrs", [], "nobody could reach"),
        ("admin_cidrs", ["203.0.113.7/8"], "host bits"),
        ("spend_caps", {"usd_per_h": 1}, "without caps"),
    ],
)
def test_a_wrong_provider_section_is_told(shipped: dict[str, Any], key: str, value: Any, told: str) -> None:
    """A wrong provider section is told."""
    with pytest.raises(ClusterConfigError, match=told):
        read_spec(shipped["provider"] | {key: value}, "demo")


def test_the_token_reaches_the_head_as_a_private_file_and_no_config(shipped: dict[str, Any], tmp_path: Path) -> None:
    """The token reaches the head as a private file and no config."""
    file = tmp_path / "token"
    config = bootstrap.with_token_mount(shipped, {"DIGITALOCEAN_TOKEN": TOKEN}, str(file))
    assert file.read_text(encoding="utf-8").strip() == TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config["file_mounts"][TOKEN_FILE] == str(file)
    assert TOKEN not in str(config)
    assert TOKEN_FILE not in bootstrap.for_head(config)["file_mounts"]


def test_a_worker_is_set_up_once(shipped: dict[str, Any]) -> None:
    """What the head's autoscaler runs on a worker is each command of the file once, in its order."""
    shipped["worker_setup_commands"] = ["echo worker"]
    wanted = [*shipped["setup_commands"], "echo worker"]
    here = prepare_config(copy.deepcopy(shipped))
    on_head = AutoscalingConfig(bootstrap.for_head(here), skip_content_hash=True)
    assert on_head.get_config("provider")["runs_on_head"]  # and Ray accepts that key
    assert on_head.get_worker_setup_commands("ray.worker.gpu") == wanted


def test_ray_gives_a_machine_up_as_soon_as_the_heads_settings_say() -> None:
    """Ray reads each time-out of head.env under that very name; a GPU that doesn't come up is billed meanwhile."""
    lines = HEAD_ENV.read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=") for line in lines if line[:1].isalpha())
    code = (
        "from ray.autoscaler._private.constants import AUTOSCALER_NODE_START_WAIT_S as reached\n"
        "from ray.autoscaler.v2.instance_manager.config import InstanceReconcileConfig as C\n"
        "print(reached, C.allocate_status_timeout_s, C.ray_install_status_timeout_s)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | given, capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == ["300", "900", "1200"]
    assert {
        **FRUGAL,
        **LESS_AT_REST,
    }.items() <= given.items()  # and its processes take memory as those of a run's own Ray do


@pytest.mark.parametrize(("lies_on", "says"), [("tmpfs", "no swap file"), ("ext2/ext3", "swap file of 4 GiB")])
def test_a_head_has_a_swap_file_where_one_can_be(lies_on: str, says: str, tmp_path: Path) -> None:
    """On a disk the file is made once, private, used late and mounted at each boot; in memory that none is, is said."""
    script = MAKE_SWAP.read_text(encoding="utf-8")
    for path in ("/var/lib/inplay", "/proc/swaps", "/etc/"):
        script = script.replace(path, str(tmp_path) + path)
    for folder in ("etc/sysctl.d", "proc", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/fstab").write_text("", encoding="utf-8")
    (tmp_path / "proc/swaps").write_text("Filename Type\n", encoding="utf-8")
    programs = {
        "stat": f"echo {lies_on}", "fallocate": 'touch "$3"', "mkswap": "", "sysctl": "",
        "swapon": f'echo "$1 file" >> {tmp_path}/proc/swaps',
    }  # fmt: skip
    for name, does in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    told = [
        subprocess.run(
            ["bash", "-c", script, "make_swap.sh", "4"], env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
            capture_output=True, text=True, check=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    swap = tmp_path / "var/lib/inplay/swap"
    if lies_on == "tmpfs":
        assert says in told[0] == told[1] == (swap.parent / "no_swap").read_text(encoding="utf-8")
        assert not swap.exists()
        return
    assert (told[0].strip(), told[1]) == (says, "")
    assert stat.S_IMODE(swap.stat().st_mode) == 0o600
    assert (tmp_path / "etc/fstab").read_text(encoding="utf-8") == f"{swap} none swap sw 0 0\n"
    assert "vm.swappiness = 10" in (tmp_path / "etc/sysctl.d/60-inplay-swap.conf").read_text(encoding="utf-8")


def test_bootstrapping_twice_leaves_the_heads_digest_alone(
    shipped: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bootstrapping twice leaves the head's digest alone."""
    monkeypatch.setenv("HOME", str(tmp_path))  # where the key is made
    once, again = bootstrap.with_key(shipped), bootstrap.with_key(bootstrap.with_key(shipped))
    assert once == again
    assert once["provider"]["ssh_public_key_text"].startswith("ssh-ed25519 ")
    head = shipped["available_node_types"]["ray.head"]["node_config"]
    assert hash_launch_conf(head, once["auth"]) == hash_launch_conf(head, again["auth"])
    assert stat.S_IMODE((tmp_path / ".ssh" / "inplay-inplay").stat().st_mode) == 0o600


def test_the_least_number_of_workers_is_where_ray_down_looks_for_it(shipped: dict[str, Any]) -> None:
    """`--keep-min-workers` reads one number, which Ray's schema refuses in a file, so the head's copy has none."""
    for name, least in {"ray.worker.gpu": 1, "ray.worker.cpu": 2}.items():
        shipped["available_node_types"][name]["min_workers"] = least
    filled = bootstrap.with_min_workers(shipped)
    assert filled["min_workers"] == 3
    assert "min_workers" not in shipped
    validate_config(prepare_config(bootstrap.for_head(filled)))


def test_on_the_head_ray_teardown_is_ray_down(tmp_path: Path) -> None:
    """`ray exec --stop` calls a command that Ray doesn't have any more; the head's `ray` passes everything else on."""
    script = (ROOT / "cluster/boot/keep_head.sh").read_text(encoding="utf-8")
    part = script[script.index("ray=/opt") : script.index("for unit in")]
    for path in ("/opt/inplay/bin", "/usr/local/bin"):
        (tmp_path / path.lstrip("/")).mkdir(parents=True)
        part = part.replace(path, f"{tmp_path}{path}")
    real, found = tmp_path / "opt/inplay/bin/ray", tmp_path / "usr/local/bin/ray"
    real.write_text('#!/bin/sh\nprintf "%s|" "$@"\n', encoding="utf-8")
    real.chmod(0o755)
    found.symlink_to(real)
    before = real.read_text(encoding="utf-8")
    for _ in range(2):
        subprocess.run(["bash", "-euc", part], check=True)
    assert real.read_text(encoding="utf-8") == before
    cases = {
        ("teardown", "a b", "--yes"): "down|a b|--yes|",
        ("start", "--head"): "start|--head|",
        ("down", "teardown"): "down|teardown|",
    }
    for given, passed in cases.items():
        assert subprocess.run([str(found), *given], capture_output=True, text=True, check=True).stdout == passed


@pytest.mark.parametrize(("cpus", "warned"), [(None, False), (0, True), (1, False), (2, False)])
def test_a_head_without_cpus_is_told_by_preflight(shipped: dict[str, Any], cpus: int | None, warned: bool) -> None:  # noqa: FBT001
    """Ray advises it for large clusters, and models are trained on the head."""
    head = shipped["available_node_types"][shipped["head_node_type"]]
    head["resources"] = {} if cpus is None else {"CPU": cpus}
    told = [check.detail for check in check_offline(shipped) if check.check == "the head's CPUs"]
    assert [("models are trained on the head" in detail) for detail in told] == ([True] if warned else [])
