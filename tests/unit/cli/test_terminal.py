"""Commands on terminals and in pipes of any encoding."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def _run(code: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env={**os.environ, **environ}, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-8"])
def test_help_ends_well_in_every_encoding(encoding: str) -> None:
    """A pipe is given its own encoding, by PYTHONIOENCODING as by the locale."""
    done = _run("from cli.main import main; main()", "import", "bars", "--help", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr[-1000:]
    done.stdout.decode(encoding)


def test_what_an_encoding_lacks_is_written_in_ascii() -> None:
    """Dashes and arrows as people type them, everything else by its number, so that nothing is lost."""
    code = (
        "import sys; from cli.terminal import readable_output; readable_output(); "
        "print('1 \\u2013 2 → 3… 株 \\udcff'); print('≥ 株', file=sys.stderr)"
    )
    done = _run(code, PYTHONIOENCODING="latin-1")
    assert (done.stdout, done.stderr) == (b"1 - 2 -> 3... \\u682a \\udcff\n", b">= \\u682a\n")


def test_a_wrong_argument_is_told_whatever_bytes_it_has() -> None:
    """Bytes that are no UTF-8, and a sequence that would colour the terminal."""
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "import", "vix", b"\xff\x1b[31m.csv"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"\\udcff\\x1b[31m.csv" in done.stderr
