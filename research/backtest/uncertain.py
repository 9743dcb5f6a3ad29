"""What an account is worth only if a break or a guessed split is what the record takes it for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trading.ledger.double_entry import Draft
from trading.money import E4
from trading.performance.record import AccountRecord, GuessHeld, Settled


def settled(drafts: Sequence[Draft]) -> Iterator[Settled]:
    """Positions that breaks ended, in the order of the journal."""
    for draft in drafts:
        told = draft.payload
        if draft.kind == "warning" and "settled_usd_e4" in told:
            before, after, price = (
                told[name] / E4 for name in ("close_before_usd_e4", "open_after_usd_e4", "settled_usd_e4")
            )
            yield Settled(
                symbol=told["symbol"], session=str(draft.session), shares=told["shares"], explained=told["explained"],
                close_before_usd=before, open_after_usd=after, settled_usd=price, reason=told["reason"],
            )  # fmt: skip


def guesses(drafts: Sequence[Draft]) -> Iterator[GuessHeld]:
    """Positions that went through guessed splits, in the order of the journal."""
    for draft in drafts:
        told = draft.payload
        if draft.kind == "warning" and "numerator" in told:
            up, down, price = told["numerator"], told["denominator"], told["open_after_usd_e4"] / E4
            yield GuessHeld(
                symbol=told["symbol"], session=str(draft.session), shares=told["shares"], split=f"{up}-for-{down}",
                as_split_usd=told["shares"] * up / down * price, as_move_usd=told["shares"] * price,
            )  # fmt: skip


def words(record: AccountRecord) -> list[str]:
    """A sentence on each position that a break ended or a guessed split changed: what it was worth either way."""
    told = []
    for one in record.settled:
        before, after = one.either_way_usd
        first = f"$ {after:,.2f} at the first price after it" if one.open_after_usd else "no price after it that day"
        why = "the source explains it" if one.explained else "nothing explains it"
        told.append(
            f"{one.symbol} {one.session}: {one.shares:,} shares settled at {one.settled_usd:g} by a break ({why}); $ "
            f"{before:,.2f} at the close before, {first}."
        )
    told += [
        f"{guess.symbol} {guess.session}: {guess.shares:,} shares went through a {guess.split} split that is a guess; "
        f"$ {guess.as_split_usd:,.2f} at the open, $ {guess.as_move_usd:,.2f} if there was none. `inplay data splits` "
        "settles it."
        for guess in record.guesses
    ]
    return told
