"""The owner is asked about orders: a message a list, with links that are made when it is sent and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from adapters.alerts.approval_key import approval_key
from adapters.postgres.alerts import AlertStore
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool
from trading.alerts.alert import Alert
from trading.approval.asked import Asked
from trading.approval.links import fingerprint, link_text
from trading.approval.words import message, title

PATH = "/approve/"
"""Of the pages that links lead to."""


@dataclass(frozen=True)
class ApprovalMessages:
    """Makes the messages.

    Attributes:
        home: the data folder, where the key is.
        url: that links begin with.
    """

    pool: Pool
    home: Path
    url: str

    def found(self, since: datetime, at: datetime) -> list[Alert]:
        """A message for each list that was asked since then and isn't decided, by the key that its links are made with.

        A list that it is too late for is told once, unless it was told in time.
        """
        store, key = AlertStore(self.pool), fingerprint(approval_key(self.home))
        made = []
        for asked in ApprovalStore(self.pool).asked_since(since):
            about = f"list {asked.number}"
            if asked.is_over(at):
                if not store.states("approval", about):
                    made.append(self._alert(asked, about, "late", at))
            elif asked.undecided:
                made.append(self._alert(asked, about, key, at))
        return made

    def complete(self, alert: Alert, at: datetime) -> Alert:
        """The message as it is sent now: with links where an answer still counts. Any other alert is as it was."""
        if alert.kind != "approval":
            return alert
        asked = ApprovalStore(self.pool).numbered(int(alert.about.removeprefix("list ")))
        if asked is None:
            return alert
        renewed = AlertStore(self.pool).states("approval", alert.about)[:1] != [alert.state]
        return replace(alert, body=message(asked, self._link(asked), at, renewed=renewed))

    def _alert(self, asked: Asked, about: str, state: str, at: datetime) -> Alert:
        return Alert(
            alert_id=f"approval:{asked.number}:{state}", kind="approval", severity="warning", title=title(asked),
            body=message(asked, None, at), at=at, about=about, state=state,
        )  # fmt: skip

    def _link(self, asked: Asked) -> Callable[[str], str]:
        return partial(self._url, approval_key(self.home), asked)

    def _url(self, key: bytes, asked: Asked, scope: str) -> str:
        return f"{self.url}{PATH}{link_text(key, asked, scope)}"
