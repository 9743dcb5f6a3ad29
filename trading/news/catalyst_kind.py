"""Which kind of catalyst a text reports, by rules on words.

The headline decides; only where it says nothing, the first part of the body does. Of several kinds the first in
`RULES` wins: the rarer and the more moving one. A merger is a contract too, and an approval comes with a quarter's
report.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

CatalystKind = Literal[
    "fda_clinical", "merger", "offering", "guidance", "earnings", "analyst_action", "contract", "legal", "management",
    "other",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(CatalystKind)
BODY_CHARS = 600

_WORDS: dict[str, tuple[str, ...]] = {
    "fda_clinical": (
        r"fda|food and drug administration|ema approval|clinical (?:trial|hold|data|stud\w+)",
        r"phase (?:[123]|i{1,3}|[123][ab]?)\b|nda|bla|pdufa|(?:primary|secondary) endpoints?|orphan drug",
        r"breakthrough therapy|complete response letter|510\(?k\)?|drug (?:approval|candidate)",
        r"late[- ]stage (?:trial|study)|placebo|topline (?:data|results)",
    ),
    "merger": (
        r"merger|merges?|merging|to merge|acqui(?:re|res|red|ring|sition|sitions)|takeover|take[- ]private",
        r"buyout|to buy (?!back)(?:out )?(?:\w+ ){0,4}for (?:about |around |up to )?(?:us)?\$|tender offer",
        r"hostile bid|to be bought by|go(?:es|ing)? private|in talks to (?:buy|be bought|sell itself)",
        r"bids? for|spin[- ]?off|divest\w*",
    ),
    "offering": (
        (
            r"(?:public|secondary|stock|share|registered direct|follow[- ]on|convertible notes?|senior notes|"
            r"at[- ]the[- ]market|equity|ipo) (?:stock )?offering"
        ),
        r"prices? (?:\S+ ){0,4}offering|private placement|shelf registration|dilut\w+",
        r"offering of (?:common|ordinary|shares|\S+ shares|convertible)",
        r"raises? (?:us)?\$ ?\S+ (?:\w+ )?(?:in|through|via) (?:\w+ )?(?:offering|placement|equity|stock|shares)",
        r"initial public offering|files for ipo",
    ),
    "guidance": (
        r"guidance|outlook|forecasts?",
        (
            r"(?:raises?|cuts?|lowers?|lifts?|boosts?|reaffirms?|slashes|withdraws?) (?:\S+ ){0,4}(?:view|"
            r"forecast|outlook|guidance|estimates?)"
        ),
        r"sees (?:\S+ ){0,3}(?:eps|revenue|sales|earnings|q[1-4]|fy)|profit warning|pre-?announces?",
        r"expects (?:\S+ ){0,4}(?:revenue|eps|earnings|sales)",
    ),
    "earnings": (
        r"earnings|q[1-4]|(?:first|second|third|fourth)[- ]quarter",
        r"quarterly (?:results?|profit|loss|report|revenue)|eps",
        r"reports? (?:\S+ ){0,4}(?:results?|profit|loss|revenue)",
        r"(?:beats?|miss(?:es)?|tops?) (?:\S+ ){0,3}(?:estimates?|expectations|views|consensus|street)",
        r"full[- ]year results|results beat",
    ),
    "analyst_action": (
        r"upgrade[sd]?|downgrade[sd]?|price target|target price",
        r"initiat(?:es?|ed) (?:\S+ ){0,3}(?:coverage|at|with)|coverage (?:initiated|started|resumed)",
        r"(?:overweight|underweight|equal[- ]weight|outperform|underperform|market perform|sector perform)",
        r"reiterat\w+ (?:\S+ ){0,3}(?:buy|sell|hold|neutral|rating)|(?:buy|sell|hold|neutral) rating",
        r"analysts? (?:\S+ ){0,3}(?:raises?|cuts?|lowers?)",
        r"(?:raised|cut|lowered|boosted) to (?:buy|sell|hold|neutral)",
    ),
    "contract": (
        r"contracts?|awarded|purchase order|wins? (?:\S+ ){0,5}(?:order|deal|contract|award)",
        r"(?:supply|licensing|license|distribution|partnership|collaboration|strategic) (?:agreement|deal)",
        r"partners? with|partnership|teams? up with|collaborat\w+ with|memorandum of understanding",
        r"multi-?year (?:deal|agreement)",
    ),
    "legal": (
        r"lawsuits?|class action|sues?|sued|suing|settle(?:s|d|ment)|litigation|court|judge|jury|verdict",
        r"antitrust|investigat\w+|subpoena\w*|probes?|indict\w*|fraud|patent infringement|fined",
        r"penalt(?:y|ies)|doj|department of justice|sec (?:charges|probe|inquiry)|bankruptcy|chapter 11",
    ),
    "management": (
        (
            r"(?:ceo|cfo|coo|cto|chief (?:executive|financial|operating|technology)(?: officer)?|chairman|"
            r"chairwoman|president|director|executive)s?,? (?:\S+ ){0,4}(?:resigns?|resigned|steps? down|"
            r"stepping down|retires?|retiring|departs?|leaves?|leaving|fired|ousted|dies|to leave|to retire|"
            r"out)"
        ),
        (
            r"(?:appoints?|names?|hires?|named|appointed) (?:\S+ ){0,6}(?:ceo|cfo|coo|cto|chief|chairman|"
            r"chairwoman|president|director)"
        ),
        r"(?:new|interim) (?:ceo|cfo|coo|chief \w+ officer|chairman)",
        r"management (?:change|shake-?up|transition)|joins? (?:the |its )?board",
    ),
}
RULES: dict[str, re.Pattern[str]] = {
    kind: re.compile(rf"(?<![\w$])(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) for kind, words in _WORDS.items()
}
"""Pattern of each kind but `other`, in the order in which they are tried."""


def kind_of(headline: str, body: str = "") -> str:
    """The kind of catalyst, one of `KINDS`; `other` where no rule speaks."""
    for text in (headline, body[:BODY_CHARS]):
        if text:
            for kind, pattern in RULES.items():
                if pattern.search(text):
                    return kind
    return "other"


def kinds_of(texts: Sequence[str]) -> list[str]:
    """The kind of each text taken for a headline."""
    return [kind_of(text) for text in texts]
