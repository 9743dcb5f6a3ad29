"""A run's Ray is not changed by the folder and the shell that it is started from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from actors.ray_surroundings import ROOT

SCRIPT = """
import json, os, sys
from pathlib import Path
import cli
import ray
from actors.local import join_ray, start_ray, stop_ray

@ray.remote(num_cpus=0)
class Looker:
    def look(self):
        import logging, resource
        import cluster, serve, trading.errors, tune
        return {
            **{m.__name__: m.__file__ for m in (logging, cluster, serve, trading, tune)},
            "folder": os.getcwd(), "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "path": sys.path,
        }

before = os.getcwd()
start_ray(int(sys.argv[1]), Path(sys.argv[2]))
found = {"own": ray.get(Looker.remote().look.remote()), "unchanged": os.getcwd() == before}
address = ray.get_runtime_context().gcs_address
import subprocess
if "join" not in sys.argv:
    joined = subprocess.run([sys.executable, __file__, "join", address], capture_output=True, text=True)
    found["joined"] = json.loads(joined.stdout.splitlines()[-1]) if joined.returncode == 0 else joined.stderr
found["session"] = ray._private.worker._global_node.get_session_dir_path()
stop_ray()
print(json.dumps(found))
"""
JOINING = SCRIPT.replace("start_ray(int(sys.argv[1]), Path(sys.argv[2]))\n", "join_ray(sys.argv[2])\n")


def _module(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("raise SystemExit('the user\\'s own module was run')\n")


def test_neither_the_users_modules_nor_a_long_folder_reach_the_workers(tmp_path: Path) -> None:
    """With a `trading` and the like in the working folder and on PYTHONPATH, TMPDIR too long, and few open files."""
    here, named, data = tmp_path / "here", tmp_path / "named", tmp_path / "data"
    for name in ("trading.py", "serve/__init__.py", "tune.py", "logging.py", "cluster/__init__.py"):
        _module(here / name)
    for name in ("trading.py", "tune/__init__.py", "actors.py"):
        _module(named / name)
    long = tmp_path / ("a_rather_long_folder_" * 4)
    long.mkdir()
    script = tmp_path / "scripts" / "driver.py"
    script.parent.mkdir()
    script.write_text(SCRIPT.replace('__file__, "join"', f'{str(script.with_name("joining.py"))!r}, "join"'))
    script.with_name("joining.py").write_text(JOINING)
    done = subprocess.run(
        ["bash", "-c", 'ulimit -Sn 512; exec "$@"', "bash", sys.executable, str(script), "8391", str(data)],
        cwd=here, env={**os.environ, "PYTHONPATH": f"{named}:{ROOT}", "TMPDIR": str(long)},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for way in ("own", "joined"):
        seen = found[way] if way == "own" else found[way]["own"]
        for room in ("cluster", "serve", "trading", "tune"):
            assert Path(seen[room]).is_relative_to(ROOT), (way, room, seen)
        assert str(here) not in seen["path"]
        assert not Path(seen["logging"]).is_relative_to(here)
        assert seen["folder"] != str(here)
        assert seen["files"] >= 1024
    assert found["unchanged"]
    assert len(found["session"]) < 60
