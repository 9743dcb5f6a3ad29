"""The files that a droplet sees: a fresh machine with this machine's programs and nothing else of it.

What is shared is listed here, and what isn't listed doesn't exist for a droplet: no home, no data folder, no token of
this machine. What a droplet writes goes into memory and is gone with the rehearsal.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cluster.rehearsal import stand_ins
from cluster.rehearsal.commands import run

ETC = (
    "alternatives", "bash.bashrc", "debian_version", "gai.conf", "group", "host.conf", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "localtime", "login.defs", "lsb-release", "mime.types", "nsswitch.conf", "os-release", "passwd",
    "profile", "protocols", "services", "shells", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
)  # fmt: skip
"""Of /etc, only what programs need to run."""
FOLDERS = ("dev", "etc/ssh", "etc/systemd/system", "home", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp",
           "var/cache", "var/lib", "var/log", "var/tmp")  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
ENVIRONMENT = "opt/inplay"


@dataclass(frozen=True)
class Room:
    """Where a droplet's files lie: `root` is its /, `layers` what it changed of what is shared."""

    folder: Path

    @property
    def root(self) -> Path:
        """The droplet's /, as far as it is its own."""
        return self.folder / "root"

    @property
    def layers(self) -> Path:
        """What it changed of /usr and of the Python environment."""
        return self.folder / "layers"


def furnish(room: Room, hostname: str, public_keys: list[str], environment: dict[str, str]) -> None:
    """The droplet's own files are there, as after an installation: users, SSH server, keys, stand-ins.

    Args:
        room: a folder that isn't there yet.
        hostname: of the droplet.
        public_keys: open root's door.
        environment: what every login finds set.
    """
    for name in FOLDERS:
        (room.root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (room.root / name).chmod(0o1777)
    etc = room.root / "etc"
    for name in ETC:
        _copy(Path("/etc") / name, etc / name)
    # No password opens anything; the hashes of this machine aren't copied.
    users = [line.split(":")[0] for line in (etc / "passwd").read_text(encoding="utf-8").splitlines() if line]
    (etc / "shadow").write_text("".join(f"{user}:*:19000:0:99999:7:::\n" for user in users), encoding="utf-8")
    (etc / "shadow").chmod(0o600)
    (etc / "hostname").write_text(f"{hostname}\n", encoding="utf-8")
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n", encoding="utf-8")
    (room.root / "var/run").symlink_to("/run")
    for name in ("var/log/lastlog", "root/.bashrc"):
        (room.root / name).touch()
    _furnish_ssh(room, public_keys, environment)
    stand_ins.install(room.layers / "own")


def _furnish_ssh(room: Room, public_keys: list[str], environment: dict[str, str]) -> None:
    home, etc = room.root / "root", room.root / "etc/ssh"
    home.chmod(0o700)
    (home / ".ssh").mkdir(mode=0o700)
    keys = home / ".ssh/authorized_keys"
    keys.write_text("".join(f"{key}\n" for key in public_keys), encoding="utf-8")
    keys.chmod(0o600)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(etc / "ssh_host_ed25519_key"))
    set_there = "".join(f' "{name}={value}"' for name, value in environment.items())
    (etc / "sshd_config").write_text(
        "HostKey /etc/ssh/ssh_host_ed25519_key\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        f"KbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nPidFile none\nSubsystem sftp internal-sftp\n"
        f"SetEnv{set_there}\n",
        encoding="utf-8",
    )


def enter(room: Room) -> None:
    """This process, in a mount namespace of its own, sees the droplet's files, and / is the droplet's.

    To be called in the droplet's PID and network namespace, before anything else runs there.
    """
    root, own = room.root, room.layers / "own"
    for name in ("tmp", "run"):  # as a boot leaves them
        shutil.rmtree(root / name)
        (root / name).mkdir(mode=0o1777 if name == "tmp" else 0o755)
        (root / name).chmod(0o1777 if name == "tmp" else 0o755)
    _overlay(Path("/usr"), room.layers / "usr", root / "usr", [own / "usr"])
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        _share_or_link(Path("/") / name, root / name)
    if not (root / "opt/uv").exists():
        shutil.copytree(own / "opt", root / "opt", dirs_exist_ok=True)
    base, prefix = Path(sys.base_prefix), Path(sys.prefix)
    if not base.is_relative_to("/usr"):
        _bind(base, root / base.relative_to("/"), read_only=True)
    _overlay(prefix, room.layers / "environment", root / prefix.relative_to("/"), [])
    _bind(root / prefix.relative_to("/"), root / ENVIRONMENT)
    _mount_devices(root / "dev")
    run("mount", "-t", "proc", "proc", str(root / "proc"))
    run("mount", "--rbind", "/sys", str(root / "sys"))
    (root / "run/sshd").mkdir(mode=0o755)


def _mount_devices(dev: Path) -> None:
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(dev))
    for name in DEVICES:
        (dev / name).touch()
        run("mount", "--bind", f"/dev/{name}", str(dev / name))
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    run("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620", "devpts", str(dev / "pts"))
    run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(dev / "shm"))
    for name, target in (
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "fd/0"),
        ("stdout", "fd/1"),
        ("stderr", "fd/2"),
    ):
        (dev / name).symlink_to(target)


def _overlay(lower: Path, layer: Path, target: Path, above: list[Path]) -> None:
    """`target` shows `lower` under `above`; what is written there goes into `layer`."""
    for each in (layer / "upper", layer / "work", target):
        each.mkdir(parents=True, exist_ok=True)
    stack = ":".join(str(each) for each in [*above, lower])
    options = f"lowerdir={stack},upperdir={layer / 'upper'},workdir={layer / 'work'}"
    run("mount", "-t", "overlay", "-o", options, "overlay", str(target))


def _bind(source: Path, target: Path, *, read_only: bool = False) -> None:
    target.mkdir(parents=True, exist_ok=True)
    run("mount", "--bind", str(source), str(target))
    if read_only:
        run("mount", "-o", "remount,bind,ro", str(target))


def _share_or_link(source: Path, target: Path) -> None:
    """A folder beside /usr is shared; where it is a link into /usr, so it is there."""
    if source.is_symlink():
        if not target.is_symlink():
            target.symlink_to(source.readlink())
    elif source.is_dir():
        _bind(source, target, read_only=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
