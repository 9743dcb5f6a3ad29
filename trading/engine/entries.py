"""Journal entries as text by template: what `double_entry.body_of` would write, several times as fast.

An entry's text stands without its number here: `head`, the number, and `tail` make the body. Keys are sorted and
numbers are integers, so that the same events give the same bytes; a test holds each template against `json.dumps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from json.encoder import encode_basestring_ascii as quoted

from trading.arrays import Ints
from trading.engine.account import Fills
from trading.engine.bars import Step
from trading.engine.requests import FIELDS, IN_FORCE, KINDS, SIDES
from trading.ledger.double_entry import Draft, body_of, draft_of

_ORDER_KEYS = tuple(
    sorted({*FIELDS, "at", "book", "order_id", "reason", "reference_usd_e4", "symbol"} - {"instrument"})
)


class Log:
    """Entries that wait for their number, in the order in which they happened."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.tails: list[str] = []

    def __len__(self) -> int:
        return len(self.heads)

    def add(self, heads: Sequence[str], step: Step) -> None:
        """The entries are in the log."""
        self.heads.extend(heads)
        self.tails.extend([f',"session":"{step.session}"}}'] * len(heads))

    def add_draft(self, draft: Draft) -> None:
        """An entry of a rare kind is in the log."""
        head, tail = body_of(0, draft).rsplit('"seq":0', 1)
        self.heads.append(head + '"seq":')
        self.tails.append(tail)

    def bodies(self, first_seq: int) -> Iterator[str]:
        """The entries' texts, numbered from `first_seq` on."""
        return (
            f"{head}{seq}{tail}"
            for seq, (head, tail) in enumerate(zip(self.heads, self.tails, strict=True), start=first_seq)
        )

    def drafts(self) -> list[Draft]:
        """The entries as objects, for the edges."""
        return [draft_of(body) for body in self.bodies(0)]

    def clear(self) -> None:
        """The log is empty."""
        self.heads.clear()
        self.tails.clear()


def order_heads(
    book: str, step: Step, ids: Sequence[str], *, symbols: Sequence[str], reasons: Iterable[str], terms: Ints,
    reference_usd_e4: Ints,
) -> list[str]:  # fmt: skip
    """Orders placed; `symbols` and `book` are quoted already."""
    at = step.at.isoformat()
    columns = {name: terms[i].tolist() for i, name in enumerate(FIELDS)}
    columns["side"] = [f'"{SIDES[code]}"' for code in columns["side"]]
    columns["kind"] = [f'"{KINDS[code]}"' for code in columns["kind"]]
    columns["in_force"] = [f'"{IN_FORCE[code]}"' for code in columns["in_force"]]
    columns["reference_usd_e4"] = reference_usd_e4.tolist()
    names = [quoted(order_id) for order_id in ids]
    text = {"order_id": names, "symbol": list(symbols), "reason": [quoted(reason) for reason in reasons]}
    plain = not terms[5:].any()
    if plain:
        middle = ",".join(f'"{key}":0' for key in _ORDER_KEYS if key in FIELDS[9:])
        return [
            f'{{"command_id":{name},"kind":"order","payload":{{"at":"{at}","book":{book},{middle},"in_force":{force},'
            f'"kind":{kind},"limit_usd_e4":0,"order_id":{name},"reason":{reason},"reference_usd_e4":{reference},'
            f'"shares":{shares},"side":{side},"stop_usd_e4":0,"symbol":{symbol},"trail_bp":0,"trail_usd_e4":0}},'
            '"postings":[],"seq":'
            for name, force, kind, reason, reference, shares, side, symbol in zip(
                names, columns["in_force"], columns["kind"], text["reason"], columns["reference_usd_e4"],
                columns["shares"], columns["side"], symbols, strict=True,
            )
        ]  # fmt: skip
    heads = []
    for i, name in enumerate(names):
        facts = {"at": f'"{at}"', "book": book}
        facts |= {key: str(column[i]) for key, column in columns.items()}
        facts |= {key: column[i] for key, column in text.items()}
        payload = ",".join(f'"{key}":{facts[key]}' for key in _ORDER_KEYS)
        heads.append(f'{{"command_id":{name},"kind":"order","payload":{{{payload}}},"postings":[],"seq":')
    return heads


def fill_heads(
    book: str, step: Step, fills: Fills, *, ids: Sequence[str], entries: Sequence[str], numbers: Ints,
    symbols: Iterable[str], sides: Ints, reasons: Iterable[str], ordered: Ints, remaining: Ints, slippage: Ints,
) -> list[str]:  # fmt: skip
    """Fills; `symbols` and `book` are quoted already.

    Args:
        book: the account.
        step: of the bar.
        fills: the figures.
        ids: of the orders.
        entries: of the orders that opened what is closed, or the same as `ids`.
        numbers: how many fills of its order each is.
        symbols: one a fill.
        sides: see `requests.SIDES`.
        reasons: one word each.
        ordered: shares of the order.
        remaining: shares that may still fill.
        slippage: against the tape, in 1/10,000 USD a share.
    """
    at, name = step.at.isoformat(), book[1:-1]
    names = [SIDES[code] for code in sides.tolist()]
    rows = zip(
        ids, entries, numbers.tolist(), symbols, names, reasons, ordered.tolist(), remaining.tolist(),
        slippage.tolist(), fills.shares.tolist(), fills.price_usd_e4.tolist(), fills.commission_cents.tolist(),
        fills.fees_cents.tolist(), fills.cost_cents.tolist(), fills.gain_cents.tolist(), fills.profit_cents.tolist(),
        fills.cash_cents.tolist(), strict=True,
    )  # fmt: skip
    return [
        f'{{"command_id":{fill},"kind":"fill","payload":{{"at":"{at}","book":{book},"commission_cents":{commission},'
        f'"entry_order_id":{quoted(entry)},"fees_cents":{fees},"fill_id":{fill},"order_id":{quoted(order)},'
        f'"ordered_shares":{all_},"price_usd_e4":{price},"profit_cents":{profit},"reason":"{reason}",'
        f'"remaining_shares":{left},"shares":{abs(shares)},"side":"{side}","slippage_usd_e4":{slip},"symbol":{symbol}}},'
        f'"postings":[["{name}:cash",{cash},0],["{name}:commission",{commission},0],["{name}:fees",{fees},0],'
        f'["{name}:position:{symbol[1:-1]}",{cost},{shares}],["{name}:realised",{-gain},0]],"seq":'
        for order, entry, number, symbol, side, reason, all_, left, slip, shares, price, commission, fees, cost, gain,
        profit, cash in rows
        for fill in (quoted(f"{order}:fill:{number}"),)
    ]  # fmt: skip


def mark_head(
    book: str, step: Step, closes: dict[str, int], trails: dict[str, int], *, cash_cents: int, equity_cents: int
) -> str:
    """A mark; `book` and the symbols of the closes, sorted, are quoted already."""
    at = step.at.isoformat()
    prices = ",".join([f"{symbol}:{close}" for symbol, close in closes.items()])
    moved = ",".join(f"{quoted(order_id)}:{price}" for order_id, price in sorted(trails.items()))
    ends = "true" if step.last else "false"
    return (
        f'{{"command_id":{quoted(f"mark:{at}:" + book[1:-1])},"kind":"mark","payload":{{"at":"{at}","book":{book},'
        f'"cash_cents":{cash_cents},"closes_usd_e4":{{{prices}}},"ends_session":{ends},"equity_cents":{equity_cents},'
        f'"trails_usd_e4":{{{moved}}}}},"postings":[],"seq":'
    )
