"""The one module that speaks HTTP with DigitalOcean.

python-digitalocean has no time-outs, loses status and headers, and returns the first page when the second fails. So its
`BaseAPI` only contributes end point and token here, and every request goes through `DigitalOcean.request`.

Source: DigitalOcean API reference; python-digitalocean 1.17.0, baseapi.py.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import requests
from digitalocean.baseapi import BaseAPI

from cluster.clock import Clock, SystemClock
from cluster.errors import ApiError, ClusterConfigError, ClusterError, UnknownOutcomeError
from cluster.rate import RateBudget
from cluster.token import TOKEN_FILE, check_token, read_token

log = logging.getLogger(__name__)

PER_PAGE = 200
MAX_PAGES = 50
ATTEMPTS = 4
BACK_OFF_S = 2.0
LONGEST_RETRY_AFTER_S = 60.0
TIMEOUT_S = (5.0, 30.0)
"""To connect and to wait for an answer."""
SKEW_IGNORED_S = 5.0
"""An answer's date has whole seconds and is some time on its way."""
SKEW_TOLD_S = 60.0

TOO_MANY = 429
SERVER_ERROR = 500
REDIRECT = 300
UNAUTHORIZED = 401
FORBIDDEN = 403
NO_CONTENT = 204
NOT_FOUND = 404


@dataclass(frozen=True)
class Answer:
    """A successful answer: its status, headers (names in lower case) and JSON object (empty for 204)."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class _Bearer(requests.auth.AuthBase):
    """Puts the token into the header; as an auth object, so that a .netrc on the machine can't replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


class DigitalOcean(BaseAPI):  # type: ignore[misc]
    """DigitalOcean's API: one request method, lists that are whole or raise, and a token that is never shown.

    Args:
        token: of the account; `read_token` finds it.
        budget: shared by all that speak to the API in this process.
        clock: for pauses between attempts, and for the time until DigitalOcean has told its own.
        open_session: makes the HTTP session of a thread.
        end_point: other than `DIGITALOCEAN_END_POINT` or the real one.

    Attributes:
        ahead_s: how far this machine's clock is ahead of DigitalOcean's; None before its first answer.

    Raises:
        ClusterConfigError: when the token has a character that no token has, or the end point would send it unencrypted
            over a public network.
    """

    def __init__(
        self,
        token: str,
        *,
        budget: RateBudget | None = None,
        clock: Clock | None = None,
        open_session: Callable[[], requests.Session] = requests.Session,
        end_point: str | None = None,
    ) -> None:
        chosen = {} if end_point is None else {"end_point": end_point}
        super().__init__(**chosen)
        self.token = ""
        self.tokens: list[str] = []  # not the class's list, which all clients of the library share
        self._secret = check_token(token, "use")
        if not self.end_point.endswith("/"):
            self.end_point += "/"
        _refuse_open_wire(self.end_point)
        self._clock = clock or SystemClock()
        self.budget = budget or RateBudget(self._clock)
        self._open_session = open_session
        self._local = threading.local()
        self.ahead_s: float | None = None

    def now_s(self) -> float:
        """Seconds since 1970 by DigitalOcean's clock, as of its latest answer; by this machine's before the first.

        Deadlines and ages are reckoned by it: with a wrong clock of its own a machine would destroy what is in use, or
        let run on what nobody needs.
        """
        return self._clock.now_s() - (self.ahead_s or 0.0)

    def __repr__(self) -> str:
        return f"<DigitalOcean at {self.end_point}>"

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a client holds the token and is never pickled")

    def get(self, path: str, **params: str | int) -> Answer:
        """One object. Raises: ApiError, with status 404 when there is none."""
        return self.request("GET", path, params=params)

    def list_all(self, path: str, key: str, **params: str | int) -> list[dict[str, Any]]:
        """Every item of a list, all pages of it.

        Args:
            path: such as `droplets`.
            key: of the answer's array.
            params: of the query.

        Raises:
            ApiError: when any page fails, is no page, or the pages don't add up; a part is never returned.
        """
        query: dict[str, str | int] = {**params, "per_page": PER_PAGE, "page": 1}
        found: list[dict[str, Any]] = []
        for _ in range(MAX_PAGES):
            body = self.request("GET", path, params=query).body
            items = body.get(key)
            if not isinstance(items, list):
                raise ApiError(f"DigitalOcean answered {path} without `{key}`. Nothing was changed. Try again later.")
            found += items
            following = ((body.get("links") or {}).get("pages") or {}).get("next")
            if not following:
                self._check_total(path, body, found)
                return found
            query = {**query, "page": _page_of(following, path)}
        raise ApiError(f"The list of {path} has more than {MAX_PAGES} pages. Nothing was changed. This is unexpected.")

    def post(self, path: str, body: Mapping[str, Any], *, repeat: bool = True) -> Answer:
        """Something is made or changed.

        Args:
            path: such as `droplets`.
            body: of the request.
            repeat: after a 429; without, whoever asks looks before asking again.

        Raises:
            UnknownOutcomeError: when it may have been made all the same. List before asking again.
            ApiError: when it was refused.
        """
        return self.request("POST", path, body=body, attempts=ATTEMPTS if repeat else 1)

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Something is replaced; repeating it is harmless."""
        return self.request("PUT", path, body=body)

    def delete(self, path: str) -> bool:
        """Something is gone or going. Returns: whether it was there; 404 is as good as success."""
        try:
            self.request("DELETE", path)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Answer:
        """One answer, after as many attempts as are safe.

        A 429 had no effect and is repeated after the pause it asks for. Other failures are repeated unless the
        method is POST, whose effect can't be known.

        Raises:
            RateBudgetError: when our own budget is used up.
            UnknownOutcomeError: a POST without a proper answer.
            ApiError: a refusal, or no answer after all attempts.
        """
        for attempt in range(1, attempts + 1):
            try:
                return self._once(method, path, params, body)
            except ApiError as error:
                failed = error
            limited = failed.status == TOO_MANY
            passing = limited or failed.status == 0 or failed.status >= SERVER_ERROR
            if limited:
                self.budget.close_for(_pause_s(failed.headers, self._clock.now_s(), attempt))
            if not passing or attempt == attempts or (method == "POST" and not limited):
                break
            if not limited:
                self._clock.sleep(BACK_OFF_S * 2 ** (attempt - 1))
        raise failed

    def _once(
        self, method: str, path: str, params: Mapping[str, str | int] | None, body: Mapping[str, Any] | None
    ) -> Answer:
        self.budget.take(deleting=method == "DELETE")
        what = f"{method} {path}"
        try:
            response = self._session_here().request(
                method,
                urljoin(self.end_point, path),
                params=params or None,
                json=body,
                auth=_Bearer(self._secret),
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except ValueError as error:  # of an address or a header, before anything is sent; UnicodeError is one
            raise ClusterError(
                f"{what} could not be sent ({type(error).__name__}): the end point, a proxy or the token can't be "
                "used, such as a SOCKS proxy, which inplay can't speak with. Nothing was asked or changed. "
                "Look at DIGITALOCEAN_END_POINT, at HTTPS_PROXY and ALL_PROXY, and at the token; "
                f"NO_PROXY={urlsplit(self.end_point).hostname} reaches DigitalOcean directly."
            ) from None
        except requests.RequestException as error:
            # Not the error's own text: it may quote headers.
            text = f"DigitalOcean gave no answer to {what} ({type(error).__name__})."
            raise self._failure(method, text, 0, {}, {}) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._compare_clocks(headers.get("date", ""))
        parsed = _json_object(response)
        if response.ok and not response.is_redirect and parsed is not None:
            return Answer(response.status_code, headers, parsed)
        detail = (parsed or {}).get("message") or ("an answer that isn't JSON" if parsed is None else "no reason given")
        text = self._redacted(f"DigitalOcean answered {what} with {response.status_code}: {str(detail).rstrip('.')}.")
        raise self._failure(method, text, response.status_code, headers, parsed or {}, readable=parsed is not None)

    def _failure(
        self,
        method: str,
        text: str,
        status: int,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
        *,
        readable: bool = False,
    ) -> ApiError:
        """The error that fits: for a POST, whatever isn't a readable refusal has an unknown outcome."""
        refused = readable and REDIRECT <= status < SERVER_ERROR
        status = status if status >= REDIRECT else 0  # a success that can't be read isn't one
        if method == "POST" and not refused and status != TOO_MANY:
            text += " It may have taken effect all the same; look before asking again."
            return UnknownOutcomeError(text, status=status, headers=headers, body=body)
        text += _what_to_do(status)
        return ApiError(text, status=status, headers=headers, body=body)

    def _compare_clocks(self, date: str) -> None:
        """`ahead_s` is how far this machine's clock is ahead of the answer's date; told once when it is much."""
        try:
            ahead_s = self._clock.now_s() - parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return  # an answer without a date tells nothing
        ahead_s = 0.0 if abs(ahead_s) <= SKEW_IGNORED_S else ahead_s
        if abs(ahead_s) > SKEW_TOLD_S >= abs(self.ahead_s or 0.0):
            log.warning("%s", skew_text(ahead_s))
        self.ahead_s = ahead_s

    def _session_here(self) -> requests.Session:
        # requests doesn't promise that a session may be shared between threads.
        if not hasattr(self._local, "session"):
            self._local.session = self._open_session()
        session: requests.Session = self._local.session
        return session

    def _redacted(self, text: str) -> str:
        return text.replace(self._secret, "[token]") if self._secret else text

    def _check_total(self, path: str, body: Mapping[str, Any], found: list[dict[str, Any]]) -> None:
        total = (body.get("meta") or {}).get("total")
        if isinstance(total, int) and len(found) < total:
            raise ApiError(
                f"DigitalOcean listed {len(found)} of {total} {path}. Nothing was changed, since machines that are "
                "missing from a list would be taken for gone. Try again."
            )


def connect(environment: Mapping[str, str] | None = None, *, token_file: str = TOKEN_FILE) -> DigitalOcean:
    """A client with the token of the environment or of the file. Raises: ClusterConfigError."""
    return DigitalOcean(read_token(os.environ if environment is None else environment, token_file))


def skew_text(ahead_s: float) -> str:
    """In words, that this machine's clock is wrong, and what to do."""
    where = "ahead of" if ahead_s > 0 else "behind"
    return (
        f"this machine's clock is {abs(ahead_s) / 60:,.0f} min {where} DigitalOcean's; deadlines are reckoned by "
        "theirs. Set it, such as by `timedatectl set-ntp true`"
    )


def quoted(part: str | int) -> str:
    """The part of a path, safe in a URL."""
    return quote(str(part), safe=":")  # tags have colons, which DigitalOcean wants as they are


def _refuse_open_wire(end_point: str) -> None:
    parts = urlsplit(end_point)
    if parts.scheme == "https":
        return
    host = parts.hostname or ""
    try:
        private = host == "localhost" or ipaddress.ip_address(host).is_private
    except ValueError:
        private = False
    if not private:
        raise ClusterConfigError(
            f"DIGITALOCEAN_END_POINT is {end_point}, which would send the token unencrypted over a public network. "
            "Nothing was sent. Use https, or an address of a private network for a rehearsal."
        )


def _what_to_do(status: int) -> str:
    """The next step after a refusal that doesn't depend on what was asked."""
    if status == UNAUTHORIZED:
        return (
            " Nothing was changed. Make a new token in the control panel, and set DIGITALOCEAN_TOKEN or write it into "
            f"{TOKEN_FILE}."
        )
    if status == FORBIDDEN:
        return " Nothing was changed. The token lacks a scope; docs/cluster.md lists those it needs."
    if status == 0 or status >= SERVER_ERROR:
        return (
            " Machines that run go on, and are billed. Repeat it in some minutes, which is safe; "
            "https://status.digitalocean.com says whether the service is down."
        )
    return ""


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    if response.status_code == NO_CONTENT:
        return {}
    try:
        parsed = response.json()
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _page_of(following: str, path: str) -> int:
    """The page number of a `next` link; its host is ignored, so that the token only ever goes to our end point."""
    page = dict(parse_qsl(urlsplit(str(following)).query)).get("page", "")
    if not page.isdigit():
        raise ApiError(f"The list of {path} goes on at no page. Nothing was changed. Try again later.")
    return int(page)


def _pause_s(headers: Mapping[str, str], now_s: float, attempt: int) -> float:
    """How long the API wants to be left alone: Retry-After, else until the reset it names, else a doubling pause."""
    wanted = headers.get("retry-after", "")
    if wanted.isdigit():
        return min(float(wanted), LONGEST_RETRY_AFTER_S)
    reset = headers.get("ratelimit-reset", "")
    if reset.isdigit() and headers.get("ratelimit-remaining") == "0":
        return min(max(float(reset) - now_s, BACK_OFF_S), LONGEST_RETRY_AFTER_S)
    return BACK_OFF_S * 2.0 ** (attempt - 1)
