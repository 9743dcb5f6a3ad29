"""Errors of the machines; their texts say what happened, what was not lost and what to do.

ClusterError                 what every error here is
├── ClusterConfigError       the cluster's file or a setting is missing, wrong or contradicts another
├── SpendCapError            a machine was not created because it would cost more than allowed
├── BookingError             a machine's cost could not be booked, so none was left running for it
├── CapacityError            a size is sold out, or the account's limit of machines is reached
├── LeftoverError            something of the cluster could not be removed and may still cost money
├── RateBudgetError          no request may be made for longer than we are willing to wait
└── ApiError                 DigitalOcean refused, or didn't answer intelligibly
    └── UnknownOutcomeError  a request may have taken effect although no proper answer came
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class ClusterError(click.ClickException):
    """Base of every error about machines that a user may see.

    It is one of click's, since `ray up` and `ray down` are click's commands: they show the text of such an error and
    end with 1, and of any other a traceback.
    """


class ClusterConfigError(ClusterError):
    """The cluster's file or a setting is missing, wrong or contradicts another."""


class SpendCapError(ClusterError):
    """A machine was not created because it would cost more than allowed."""


class BookingError(ClusterError):
    """A machine's cost could not be booked: it was not created, or destroyed again, as the text says."""


class CapacityError(ClusterError):
    """A size is sold out, or the account's limit of machines is reached."""


class LeftoverError(ClusterError):
    """Something of the cluster could not be removed and may still cost money."""


class RateBudgetError(ClusterError):
    """No request may be made for longer than we are willing to wait."""


class ApiError(ClusterError):
    """DigitalOcean refused, or didn't answer intelligibly.

    Attributes:
        status: of the HTTP answer; 0 when there was none.
        headers: of the answer, names in lower case.
        body: of the answer as far as it was JSON, otherwise empty.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = dict(body or {})


class UnknownOutcomeError(ApiError):
    """A request may have taken effect although no proper answer came; look before asking again."""
