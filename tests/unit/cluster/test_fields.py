"""Each field of the cluster's file is refused at the door, by name, with what it is and what it may be."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.errors import ClusterConfigError
from cluster.fields import AUTH, NODE, PROVIDER, TOP, TYPE, check_fields
from cluster.preflight import check_offline, read_file
from cluster.spec import read_node, read_spec

FILE = Path(__file__).parents[3] / "ray-cluster.yaml"
WORKER = "available_node_types.ray.worker.cpu"
GPU = ("available_node_types", "ray.worker.cpu")


def _config() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def _with(path: tuple[str, ...], value: object) -> dict[str, Any]:
    config = copy.deepcopy(_config())
    section = config
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((*GPU, "node_config", "image"), True, f"`{WORKER}.node_config.image` is true; it must be a slug"),
        ((*GPU, "node_config", "image"), -5, f"`{WORKER}.node_config.image` is -5; it must be a slug"),
        ((*GPU, "node_config", "image"), 0, f"`{WORKER}.node_config.image` is 0; it must be"),
        ((*GPU, "node_config", "image"), "../account", "is '../account'; it must be a slug"),
        ((*GPU, "node_config", "size"), "S-4VCPU", "node_config.size` is 'S-4VCPU'; it must be a slug in small"),
        ((*GPU, "node_config", "size"), 4, "node_config.size` is 4; it must be"),
        ((*GPU, "node_config", "fallback_sizes"), "s-8vcpu-16gb", "it must be a list of sizes"),
        ((*GPU, "node_config", "fallback_sizes"), ["a/b"], "it must be a list of sizes"),
        ((*GPU, "node_config", "max_hours"), "12", "max_hours` is '12'; it must be a number from 0.1 to 744"),
        ((*GPU, "node_config", "max_hours"), float("nan"), "max_hours` is nan; it must be"),
        ((*GPU, "max_workers"), 1.5, "max_workers` is 1.5; it must be a whole number"),
        ((*GPU, "min_workers"), True, "min_workers` is true; it must be a whole number"),
        ((*GPU, "idle_timeout_s"), "600", "idle_timeout_s` is '600'; it must be a number"),
        ((*GPU, "resources"), {"CPU": "four"}, "it must be a table of names and numbers"),
        ((*GPU, "node_config"), [], "node_config` is []; it must be a table"),
        (("provider", "region"), "TOR1", "`provider.region` is 'TOR1'; it must be a region in small letters"),
        (("provider", "region"), 1, "`provider.region` is 1; it must be a region"),
        (("provider", "http_port"), 8000.5, "`provider.http_port` is 8000.5; it must be a whole number"),
        (("provider", "http_port"), 22, "`provider.http_port` is 22; it must be a whole number"),
        (("provider", "http_port"), 6379, "`provider.http_port` is 6379; it must be"),
        (("provider", "http_port"), "8000", "`provider.http_port` is '8000'; it must be a whole number"),
        (("provider", "http_port"), True, "`provider.http_port` is true; it must be a whole number"),
        (("provider", "admin_cidrs"), "0.0.0.0/0", "`provider.admin_cidrs` is '0.0.0.0/0'; it must be a list"),
        (("provider", "spend_caps", "usd_per_h"), True, "`provider.spend_caps.usd_per_h` is true; it must be a number"),
        (("provider", "spend_caps", "usd_per_h"), "4.50", "usd_per_h` is '4.50'; it must be a number"),
        (("provider", "ledger_folder"), 3, "`provider.ledger_folder` is 3; it must be a folder"),
        (("provider", "http_prot"), 8000, "`provider.http_prot` means nothing here; `http_port` does"),
        (("auth", "ssh_private_key"), 7, "`auth.ssh_private_key` is 7; it must be the path"),
        (("max_workers",), "3", "`max_workers` is '3'; it must be a whole number"),
        (("head_node_type",), "ray.hed", "`head_node_type` is 'ray.hed'; it must be one of"),
        (("setup_commands",), "true", "`setup_commands` is 'true'; it must be a list of commands"),
        (("file_mounts",), ["a"], "`file_mounts` is ['a']; it must be a table of paths"),
        (("file_mounts_sync_continuously",), "no", "is 'no'; it must be true or false"),
        (("idle_timeout_minutes",), -1, "`idle_timeout_minutes` is -1; it must be a number"),
        (("cluster_name",), 7, "`cluster_name` is 7; it must be a text"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named_with_what_it_is_and_may_be(
    tmp_path: Path, path: tuple[str, ...], value: object, said: str
) -> None:
    """One sentence by the first check, before Ray's schema and before DigitalOcean is asked."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(_with(path, value)), encoding="utf-8")
    with pytest.raises(ClusterConfigError) as caught:
        read_file(file)
    assert said in str(caught.value)
    assert str(caught.value).count("Nothing was created.") == 1


def test_the_file_that_comes_with_inplay_passes_and_every_field_of_it_is_known() -> None:
    """A field that the schema lacks would never be checked."""
    config = _config()
    check_fields(config)
    assert check_offline(config)[0].result == "ok"
    assert set(config) <= set(TOP)
    assert set(config["provider"]) <= set(PROVIDER)
    assert set(config["auth"]) <= set(AUTH)
    for node_type in config["available_node_types"].values():
        assert set(node_type) <= set(TYPE)
        assert set(node_type["node_config"]) <= set(NODE)


def test_ray_up_is_refused_by_the_same_table() -> None:
    """`ray up` reads the sections without the first check."""
    with pytest.raises(ClusterConfigError, match=r"`provider\.http_port` is 22"):
        read_spec(_with(("provider", "http_port"), 22)["provider"], "demo")
    with pytest.raises(ClusterConfigError, match=r"`node_config\.image` is true"):
        read_node({"size": "s-1vcpu-1gb", "image": True, "max_hours": 1}, "worker")


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_is_no_table_at_all_is_said(value: object) -> None:
    """An empty file, a list or a word is refused in a sentence."""
    with pytest.raises(ClusterConfigError, match="it must be a table of fields"):
        check_fields(value)
