"""The simulator without sockets: an adapter for sessions of the `requests` library."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from cluster.simulator.cloud import SimulatedCloud
from cluster.simulator.messages import NoAnswerError, Request


class InProcessAdapter(BaseAdapter):
    """Every request of a session goes to `cloud`: `session.mount("https://api.digitalocean.com", adapter)`."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        super().__init__()
        self._cloud = cloud

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """The cloud's answer.

        Raises:
            requests.ReadTimeout: no answer came; the call may have had its effect.
        """
        del args, kwargs
        body = request.body or b""
        if not isinstance(body, (str, bytes)):
            raise TypeError("the simulator takes whole bodies, no streams; nothing was sent")
        sent = body.encode() if isinstance(body, str) else body
        headers = {name: str(value) for name, value in request.headers.items()}
        try:
            answer = self._cloud.answer(Request.of(request.method or "GET", request.url or "", headers, sent))
        except NoAnswerError as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        return _as_requests(request, answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Nothing is open."""


def _as_requests(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], body: bytes
) -> requests.Response:
    made = requests.Response()
    made.status_code, made.url, made.request = status, request.url or "", request
    made.headers = CaseInsensitiveDict(headers)
    made.raw = io.BytesIO(body)
    made.encoding = "utf-8"
    return made
