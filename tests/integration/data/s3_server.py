"""A real S3 server as a process of its own, to be stopped and started."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import httpx
from pyarrow import fs
from pydantic import SecretStr

from adapters.bars.places import S3Access
from tests.fakes.eventually import eventually

BUCKET = "bars"


class S3Server:
    """moto's server on a free port of the loopback interface; it keeps its objects as long as its process lives."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)]
        with log.open("wb") as file:
            self._process = subprocess.Popen(command, stdout=file, stderr=file)
        eventually(self._answers, what="the S3 server to answer", timeout_s=60)

    @property
    def access(self) -> S3Access:
        """How to reach it."""
        return S3Access(f"http://127.0.0.1:{self.port}", "us-east-1", SecretStr("testing"), SecretStr("testing-secret"))

    def make_bucket(self) -> str:
        """An empty bucket; returns its URL."""
        files = fs.S3FileSystem(
            endpoint_override=f"127.0.0.1:{self.port}", scheme="http", access_key="testing",
            secret_key="testing-secret", region="us-east-1", allow_bucket_creation=True, allow_bucket_deletion=True,
        )  # fmt: skip
        files.create_dir(BUCKET)
        files.delete_dir_contents(BUCKET)
        return f"s3://{BUCKET}/tiers"

    def stop(self) -> None:
        """The process is gone."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/moto-api/", trust_env=False).status_code < 500
        except httpx.TransportError:
            return False
