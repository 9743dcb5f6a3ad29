"""A text in words, figures and marks, and what of them the lexicon knows."""

from __future__ import annotations

import re

from trading.news.expectations import expectations_of
from trading.news.vocabulary import LEXICON, Entry, Kind

SCORED_WORDS = 600
"""A wire story puts its point first; what follows is background."""
_TOKEN = re.compile(r"[a-z][a-z0-9]*(?:['\-&.][a-z]+)*|(?:(?<!\w)-)?\d+(?:[.,]\d+)*[a-z%]*|[.,;!?()%]")
_REWRITTEN = (
    ("\u2019", re.compile("\u2019"), "'"),
    ("\u2018", re.compile("\u2018"), "'"),
    ("\u2212", re.compile("[\u2212\u2013](?=[$\u20ac\u00a3]?\\d)"), "-"),
    ("\u2013", re.compile("[\u2212\u2013](?=[$\u20ac\u00a3]?\\d)"), "-"),
    ("vs.", re.compile(r"(?<!\w)vs\."), "vs "),
    ("est", re.compile(r"(?<!\w)(?:est|ests|cons)\.?(?=\s*(?:of\s+)?[-$\u20ac\u00a3(\d])"), "consensus "),
    ("cons", re.compile(r"(?<!\w)(?:est|ests|cons)\.?(?=\s*(?:of\s+)?[-$\u20ac\u00a3(\d])"), "consensus "),
    ("-than-", re.compile(r"-than-"), " than "),
    ("(", re.compile(r"[$\u20ac\u00a3]\s?\(\s?(\d[\d.,]*)\s?\)"), r" -\1 "),
    ("(", re.compile(r"(?<=[a-z])\s+\(\s?[$\u20ac\u00a3]\s?(\d[\d.,]*)\s?\)"), r" -\1 "),
    ("-", re.compile(r"(?<![\w-])-\s?[$\u20ac\u00a3]\s?(?=\d)"), " -"),
    ("\u00a2", re.compile("(?<=\\d)\u00a2"), "c"),
)
"""What a text must have to be looked at, what is rewritten, and as what.

Abbreviations, and losses as accountants write them: ($0.12), $(0.12) and -$0.12 are -0.12.
"""

Hit = tuple[int, int, Entry]
"""A word or phrase of the lexicon in a text: its first token, one past its last, and what it is."""


def tokens_of(text: str) -> list[str]:
    """Words, figures and marks of a text, lower case."""
    text = text.lower()
    for sign, pattern, by in _REWRITTEN:
        if sign in text:
            text = pattern.sub(by, text)
    tokens: list[str] = _TOKEN.findall(text)
    return tokens if len(tokens) <= SCORED_WORDS else tokens[:SCORED_WORDS]


def hits_of(tokens: list[str]) -> list[Hit]:
    """What of the tokens the lexicon knows, longest phrase first; a comparison with a forecast before all else."""
    expected = {one[0]: one for one in expectations_of(tokens)}
    taken = sorted(expected)
    found: list[Hit] = []
    free_from = 0
    for at, token in enumerate(tokens):
        known = LEXICON.get(token)
        if (known is None and not expected) or at < free_from:
            continue
        if expected and at in expected:
            _, free_from, way, judges = expected[at]
            found.append((at, free_from, Entry(Kind.JUDGED if judges else Kind.EXPECTED, way)))
            continue
        if isinstance(known, Entry):
            found.append((at, at + 1, known))
            continue
        for rest, entry in known or ():
            end = at + 1 + len(rest)
            if rest and (tuple(tokens[at + 1 : end]) != rest or any(at < other < end for other in taken)):
                continue
            found.append((at, end, entry))
            free_from = end
            break
    return found
