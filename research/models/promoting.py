"""The change of role that the promotion rule asked for, on record once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.watching import WatchStore
from research.models.changing import Registry, Said
from trading.errors import ModelRefusedError

WHO = "promotion rule"


def promote(
    registry: Registry, store: WatchStore, session: date, said: Callable[[str], Said], *, act: bool = True
) -> str:
    """The change that is due after the session was made, unless it was before; returns it in words, empty for none.

    The champion that a better one takes over from stays beside it as a shadow: if the successor turns out to be worse,
    the same test brings it back.

    Args:
        registry: where roles are changed.
        store: of the watches.
        session: that was watched.
        said: who wants it, for a reason.
        act: whether the change is made; else it is told only, and left to `inplay models promote` and `retire`.
    """
    wanted = store.proposal(session)
    if wanted is None or store.last_watched() != session:
        return ""
    life = LifecycleStore(registry.pool).life()
    mark = f"after {session}: "
    if any(event.who == WHO and mark in event.why for event in life.events):
        return ""
    if not act:
        return f"{wanted.ensemble_id} would be {wanted.role}: {wanted.why}; nothing was changed (INPLAY_PROMOTION=tell)"
    before, why = life.at(session).champion, said(f"{mark}{wanted.why}")
    try:
        if wanted.role == "retired":
            changed = registry.retire(wanted.ensemble_id, why)
        else:
            changed = registry.promote(wanted.ensemble_id, wanted.role, why)
            if wanted.role == "champion" and before is not None:
                registry.promote(before, "shadow", said(f"{mark}it is watched beside {wanted.ensemble_id}"))
    except ModelRefusedError as error:
        return f"{wanted.ensemble_id} was to become {wanted.role}, but: {error}"
    return f"{wanted.ensemble_id} is {changed.role} from {changed.from_session} on: {wanted.why}"
