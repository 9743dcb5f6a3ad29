"""What a droplet would get from the internet, answered here; each says so and writes down what it was asked.

Everything else that the setup commands run is the real program.
"""

from __future__ import annotations

from pathlib import Path

RECORD = "/var/log/rehearsal-stand-ins.log"

_HEAD = f"""#!/bin/sh
# A stand-in of the rehearsal, which has no internet.
echo "$(basename "$0") $*" >> {RECORD}
echo "rehearsal: no internet here; $(basename "$0") $* is only written down" >&2
"""

_APT = (
    _HEAD
    + """for word; do case "$word" in update|install|upgrade) exit 0;; esac; done
echo "rehearsal: this stand-in knows update, install and upgrade only" >&2
exit 100
"""
)

_CLOUD_INIT = _HEAD + 'echo "status: done"\n'

# The packages of the lock are those of the environment that the rehearsal itself runs in. What is installed from a
# folder (-e) is made importable from that folder, as an editable installation would do.
_UV = (
    _HEAD
    + """case "$1 $2" in "pip install") ;; *) echo "rehearsal: this stand-in knows pip install only" >&2; exit 2;; esac
while [ $# -gt 0 ]; do
  case "$1" in
    --python) python=$2; shift;;
    -e) folder=$2; shift;;
  esac
  shift
done
[ -z "${folder:-}" ] && exit 0
[ -f "$folder/pyproject.toml" ] || { echo "rehearsal: $folder has no pyproject.toml" >&2; exit 2; }
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || exit 2
echo "$folder" > "$packages/inplay-rehearsal.pth"
"""
)

# A droplet's first process is no systemd; it ends, and everything with it, when it is told that the power goes.
_SHUTDOWN = _HEAD + "kill -PWR 1\n"

_SUDO = """#!/bin/sh
# A stand-in of the rehearsal: everybody is root there.
exec "$@"
"""

PROGRAMS = {
    "usr/local/sbin/shutdown": _SHUTDOWN,
    "usr/local/bin/sudo": _SUDO,
    "usr/local/sbin/apt-get": _APT,
    "usr/local/sbin/cloud-init": _CLOUD_INIT,
    "opt/uv/bin/uv": _UV,
}


def install(root: Path) -> None:
    """The stand-ins are where a droplet looks first."""
    for name, text in PROGRAMS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)


def answered(root: Path) -> list[str]:
    """Every command that a stand-in answered, in order."""
    record = root / RECORD.lstrip("/")
    return record.read_text(encoding="utf-8").splitlines() if record.is_file() else []
