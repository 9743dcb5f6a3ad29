"""Headlines made by rule, of kinds that are easily taken for each other, each with its kind of catalyst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType

Made = tuple[str, str]
"""Headline and kind."""

_WHO = ("Sample Corp", "Testel Inc.", "Machinex", "Orchard Devices", "Example Pharma", "J. Doe & Sons", "QRX")
_BROKER = ("Examplebank", "Example Securities", "Example & Co")
_FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "price targets": {
            "analyst_action": (
                "{b} Lowers PT On {w} To $65", "{w} PT raised to $48 from $40 at {b}", "{w}: tgt cut to $22 at {b}",
                "{b} lifts {w} TP to EUR 55", "{b} Reiterates Buy on {w}, $31 PT", "{b} Boosts Price Target on {w}",
                "{b} Trims Price Objective on {w} After Q2 Results", "{w} price target slashed to $9 at {b}",
            ),
            "other": ("{w} to host call at 4:30 PM PT", "{w} says {b} is its transfer agent"),
            "guidance": ("{w} raises FY sales target to $2B", "{w} lowers 2019 revenue target"),
        },
        "options": {
            "other": (
                "Option Alert: {w} Weekly 16 Call; 10,000 Contract Trade @$0.17", "Unusual Options Activity in {w}",
                "{w} Jan 45 Calls Sweep: 2,150 Contracts @ $1.22", "Put Volume in {w} Spikes, 12,000 Contracts",
                "Traders Buy 5,000 {w} April 20 Calls", "{w} option traders see 8 % move on earnings",
            ),
            "contract": (
                "{w} wins $45M Navy contract", "{w} awarded five-year contract", "{w} signs supply agreement with {b}",
            ),
        },
        "round-ups": {
            "other": (
                "Mid-Day Market Update: {w} Drops After Q2 Results; Other Shares Spike Higher",
                "10 Biggest Mid-Day Gainers: {w} Soars On Merger", "Earnings Scheduled For May 4: {w}, {b}",
                "Stocks To Watch: {w} Reports Q3", "After-Hours Movers: {w} Cuts Outlook", "Top Upgrades: {w} at {b}",
                "Week Ahead: Earnings From {w}", "Afternoon Market Summary: {w} Q3 Profit Tops Estimates",
            ),
            "earnings": (
                "{w} Shares Drop After Q2 Results", "{w} reports third-quarter profit", "{w} Q3 profit tops views",
            ),
        },
        "guidance and earnings": {
            "guidance": (
                "{w} Maintains FY16 EPS $0.80-$0.95 vs $0.90 Est., Sales $690M vs $697M Est.",
                "{w} Sees Q2 Sales $410M-$425M vs $418M Est.", "{w} Affirms FY17 Adj. EPS $2.10-$2.25",
                "{w} Narrows FY15 EPS To $1.05-$1.10", "{w} warns on full-year profit", "{w} backs 2016 EPS view",
                "{w} Q2 EPS $0.40 vs $0.38 Est.; Raises FY View", "{w} cuts full-year outlook",
            ),
            "earnings": (
                "{w} Q2 EPS $0.55 vs $0.49 Est., Sales $690M vs $697M Est.", "{w} Reports Q1 Adj. EPS $0.12, Inline",
                "{w} beats forecasts as quarterly profit jumps", "{w} Q3 results miss analyst forecasts",
                "{w} posts second-quarter loss", "{w} reported worse-than-expected Q1 EPS", "{w} profit tops forecasts",
            ),
        },
        "credit ratings and analysts": {
            "other": (
                "S&P Upgrades {w} from BB to BB+; Outlook Stable", "Moody's Downgrades {w} to Ba2; Outlook Negative",
                "Fitch Affirms {w} at 'BBB'; Outlook Stable", "S&P Places {w} on CreditWatch Negative",
                "{w} credit rating cut to junk by Moody's", "Moody's assigns B1 rating to {w} notes",
                "Fitch Revises {w} Outlook to Positive", "DBRS Confirms {w} at A (low)",
            ),
            "analyst_action": (
                "{b} Upgrades {w} to Buy", "{b} Downgrades {w} From Outperform to Neutral", "{w} downgraded at {b}",
                "S&P Capital IQ Upgrades {w} to Buy", "{b} downgrades Moody's to sell", "{b} starts {w} at overweight",
            ),
        },
        "tenders": {
            "other": (
                "{w} Announces Pricing for Debt Tender Offer, Aggregate Up To $850M",
                "{w} Commences Cash Tender Offer for 5.5% Senior Notes",
                "{w} Announces Results of Notes Exchange Offer",
            ),
            "merger": ("{b} launches tender offer for all shares of {w}", "{w} To Acquire {b} For $2B"),
        },
        "people and courts": {
            "management": (
                "{w} shares are up after the company said that J. Doe would be the next chief executive.",
                "Jane Doe To Succeed John Doe As Chief Executive Of {w}", "{w} taps Jane Doe as CFO",
                "{w} CFO to depart in March", "{w} names Jane Doe chairman",
            ),
            "legal": (
                "FTC Approves Final Consent Orders with {w}", "{w} To Pay $20M To Settle SEC Charges",
                "EU Fines {w} EUR 200M", "Attorney General opens inquiry into {w}",
            ),
            "other": ("{w} CEO sells 10,000 shares", "Oil settles higher; {w} flat"),
        },
    }
)  # fmt: skip


def made_headlines(pair: str | None = None) -> tuple[Made, ...]:
    """All of them, or those of one pair of kinds, in an order that never changes."""
    return tuple(_made(pair))


def _made(pair: str | None) -> Iterator[Made]:
    for name, kinds in _FORMS.items():
        if pair is not None and name != pair:
            continue
        for kind, forms in kinds.items():
            for form, who, broker in product(forms, _WHO, _BROKER):
                text = form.format(w=who, b=broker)
                if "{b}" in form or broker == _BROKER[0]:
                    yield text, kind


PAIRS: tuple[str, ...] = tuple(_FORMS)
"""Names of the pairs."""
