"""The words by which headlines are told that are news of no one company, or of none that moves a share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NO_COMPANY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "round-up": (
            (
                r"(?:mid[- ]?day|mid[- ]?morning|mid[- ]?afternoon|morning|afternoon|evening|pre-?market|"
                r"after[- ]?hours|"
                r"closing|daily|weekly|opening|stock|us|u\.s\.|european|asian|global|biotech|ipo) market "
                r"(?:update|wrap|summary|recap|round-?up|report|primer|outlook|overview|clubhouse|movers)"
            ),
            (
                r"market (?:wrap|round-?up|recap|movers|primer|snapshot)|(?:stock|share)s? (?:round-?up|movers|"
                r"market today)"
            ),
            (
                r"(?:top|biggest|notable|largest|big|pre-?market|after[- ]?hours|mid-?day|morning|intraday|today'?s|"
                r"healthcare|tech|energy) (?:\S+ ){0,3}(?:gainers|losers|movers|decliners|advancers|winners)"
            ),
            r"(?:gainers|losers|movers|insider (?:buys|sales|trades)) (?:of|for|as of|from|in|on|today|this)",
            (
                r"(?<![$,.\d])\d{1,3} (?:\S+ ){0,4}(?:stocks|ipos|etfs|(?:companies|names|picks) to) (?:\S+ ){0,3}"
                r"(?:to|that|moving|you|for|with|hitting|trading|making|under|seeing)"
            ),
            (
                r"(?:stocks|ipos|etfs) (?:to watch|to buy|in focus|making|moving|hitting|that hit|on the move|"
                r"trading ex|in the news|going ex)"
            ),
            r"(?:earnings|ipos?|economic data|events) (?:scheduled|calendar|due|to watch|season preview)",
            r"(?:fda|pdufa|earnings|ipo|economic|catalyst|dividend|conference) calendar|watch ?list",
            (
                r"(?:top|latest|monday'?s|tuesday'?s|wednesday'?s|thursday'?s|friday'?s|today'?s|biggest|notable|"
                r"key|this week'?s|week'?s) (?:\S+ ){0,2}(?:upgrades|downgrades|initiations|analyst (?:calls|ratings|"
                r"actions|moves)|stories|headlines|reiterations)"
            ),
            (
                r"upgrades (?:and|&|/|,) downgrades|(?:analyst )?(?:ratings|calls) (?:round-?up|recap|summary|"
                r"of the day)"
            ),
            (
                r"(?:the )?week(?:end)? (?:ahead|in review|in preview|that was)|day ahead|month ahead|"
                r"what to (?:watch|expect)"
            ),
            (
                r"wall street (?:breakfast|lunch|brunch|today)|(?:morning|evening|afternoon|daily|weekly) "
                r"(?:brief(?:ing)?|note|news|headlines|digest|bell|call|recap|wrap|summary|rundown|scan)"
            ),
            (
                r"(?:new )?52[- ]week (?:highs|lows)|(?:sector|industry) (?:update|round-?up|watch)|news (?:digest|"
                r"round-?up)"
            ),
            (
                r"other (?:stocks|shares|movers|companies) (?:\S+ ){0,2}(?:moving|spike|rise|fall|higher|lower|jump|"
                r"drop)"
            ),
        ),
        "options": (
            (
                r"options? (?:alert|activity|traders?|volume|flow|trades?|chain|bulls|bears|update|action|brief|"
                r"radar|"
                r"market|contracts?|buyers?|sellers?|sweeps?|premium|watch|paper|players|sweepers|expir\w+|block)"
            ),
            (
                r"unusual (?:\S+ )?(?:options?|call|put)s?|(?:calls?|puts?) (?:active|sweep|volume|buyers?|sellers?|"
                r"buying|selling|"
                r"spread|open interest|options?|activity|trade|block|condor|ratio|writers?)"
            ),
            (
                r"(?!(?:19|20)\d\d )\$?\d+(?:\.\d+)?[- ](?:strike )?(?:calls?|puts?)|(?:implied|"
                r"option) volatility|put[/-]call|"
                r"open interest"
            ),
            (
                r"(?:weekly|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*) "
                r"(?:\S+ ){0,2}\$?\d+(?:\.\d+)? (?:calls?|puts?)"
            ),
            (
                r"\d[\d,]* contracts? (?:traded?|@|at the (?:ask|bid)|between)|contracts? (?:traded? )?(?:@|"
                r"vs\.? \d\S* oi)"
            ),
            r"\d[\d,]+ (?:\S+ ){0,3}(?:calls|puts)|(?:straddle|strangle|iron condor|covered call)s?",
        ),
        "credit": (
            (
                r"(?:s&p|standard (?:&|and) poor'?s|moody'?s|fitch|dbrs(?: morningstar)?|egan[- ]jones|"
                r"a\.?m\.? best|kroll|kbra)"
                r"(?: global)?(?: ratings)?(?: investors service)?,? "
                r"(?!500|400|600|(?:capital iq|equity|index|midcap|smallcap)\b)(?:upgrad\w+|downgrad\w+|"
                r"affirm\w*|assign\w*|"
                r"plac\w+|rates|confirm\w*|withdraw\w* (?:\S+ ){0,4}ratings?|revis\w+|(?:puts?|"
                r"keeps?) (?:\S+ ){0,5}(?:watch|"
                r"review)|(?:raises?|cuts?|lowers?|lifts?|changes?|moves?|drops?|says|warns) (?:\S+ ){0,6}"
                r"(?:ratings?|notch(?:es)?|junk|outlook (?:to|stable|positive|negative|on)|"
                r"to '?[abc][abc123+-]*'?(?!\w)|debt))"
            ),
            (
                r"credit[- ](?:rating|watch|outlook)s?|creditwatch|(?:issuer default|corporate family|"
                r"senior unsecured|"
                r"debt|bond|issuer|financial strength) ratings?|idr|junk status|rating (?:agency|watch)|"
                r"(?:to|into|below|above|from) (?:junk|investment[- ]grade)"
            ),
            (
                r"(?:rating|debt|bonds?|notes?) (?:\S+ ){0,3}(?:cut|lowered|raised|upgraded|downgraded|"
                r"affirmed) (?:\S+ ){0,3}"
                r"by (?:s&p|moody'?s|fitch|dbrs)|(?:upgraded|downgraded|cut|raised|affirmed|"
                r"lowered) (?:\S+ ){0,4}(?:by|at) "
                r"(?:s&p|moody'?s|fitch|dbrs)(?! capital| equity)"
            ),
            (
                r"from '?(?:aaa|aa|bbb|bb|ccc|cc|a|b|c|aa[123]|baa[123]|ba[123]|caa[123]|a[123]|"
                r"b[123])[+-]?'? to '?[abc]"
            ),
        ),
        "debt tender": (
            r"(?:debt|notes?|bonds?|debentures?|securities) (?:exchange|tender) offers?",
            r"(?:tender|exchange) offers? (?:\S+ ){0,10}(?:notes|bonds|debentures|debt)",
            r"consent solicitations?|(?:notes|bonds|debentures) (?:\S+ ){0,6}tender offers?|dutch auction",
        ),
    }
)
"""What isn't news of one company: such a headline is `other`, whatever else stands in it."""
