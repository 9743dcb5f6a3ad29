"""Which kind of catalyst a text reports, by rules on words.

The headline decides; only where it says nothing, the first part of the body does. What isn't news of one company is
`other`: round-ups, options activity, credit ratings, tenders for debt. Of several kinds the first in
`trading.news.kinds.words` wins: what an analyst says of a report is the analyst's, a merger is a contract too, and
an approval comes with a quarter's report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from trading.news.kinds.exclusions import NO_COMPANY
from trading.news.kinds.words import BY_KIND

CatalystKind = Literal[
    "fda_clinical", "merger", "offering", "guidance", "earnings", "analyst_action", "contract", "legal", "management",
    "other",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(CatalystKind)
BODY_CHARS = 600
NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "options": "option call put volatility interest contract straddle strangle condor",
        "credit": (
            "s&p poor moody fitch dbrs jones best kroll kbra credit rating idr junk investment bbb bb aa ccc baa ba1 "
            "ba2 ba3 caa"
        ),
        "debt tender": "offer solicitation auction",
        "analyst_action": (
            "pt tp tgt target objective grade coverage initiat start resum assum launch reinstat begin rate reiterat "
            "maintain keep kept affirm stay remain list picks analyst estimates weight perform raised cut lowered "
            "boosted lifted"
        ),
        "guidance": (
            "guid outlook warn announce forecast sees expect affirm maintain reiterat confirm back updat narrow "
            "tighten "
            "widen rais cut lower lift boost hike trim slash project anticipat withdraw suspend provid issue give set "
            "target initiat alert"
        ),
        "management": (
            "ceo cfo coo cto chief chair president director executive management board succession successor"
        ),
        "offering": "offering pric placement shelf dilut rais ipo",
        "fda_clinical": (
            "fda food ema clinical phase nda bla pdufa endpoint orphan therapy response 510 drug stage placebo topline"
        ),
    }
)
"""Parts of words, one of which stands in every text that fits; a pattern costs a hundred times as much to search."""


@dataclass(frozen=True)
class Rule:
    """A pattern, searched only in texts that have one of a few words without which it can't match.

    Attributes:
        needs: parts of words, lower case; empty = it is searched in every text.
    """

    needs: tuple[str, ...]
    pattern: re.Pattern[str]

    def holds(self, text: str) -> bool:
        """Whether the text, in lower case, fits."""
        return (not self.needs or any(word in text for word in self.needs)) and self.pattern.search(text) is not None


def _rule(name: str, words: Iterable[str]) -> Rule:
    return Rule(tuple(NEEDS.get(name, "").split()), re.compile(rf"(?<![\w$])(?:{'|'.join(words)})(?!\w)"))


NONE: tuple[Rule, ...] = tuple(_rule(name, words) for name, words in NO_COMPANY.items())
"""What isn't news of one company."""
RULES: dict[str, Rule] = {kind: _rule(kind, words) for kind, words in BY_KIND.items()}
"""The rule of each kind but `other`, in the order in which they are tried."""


def kind_of(headline: str, body: str = "") -> str:
    """The kind of catalyst, one of `KINDS`; `other` where no rule speaks."""
    for text in (headline.lower(), body[:BODY_CHARS].lower()):
        if text:
            if any(rule.holds(text) for rule in NONE):
                return "other"
            for kind, rule in RULES.items():
                if rule.holds(text):
                    return kind
    return "other"


def kinds_of(texts: Sequence[str]) -> list[str]:
    """The kind of each text taken for a headline."""
    return [kind_of(text) for text in texts]
