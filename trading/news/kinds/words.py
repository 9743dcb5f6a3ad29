"""The words by which kinds of catalysts are told, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_BROKER_RATING = (
    r"(?:strong )?(?:buy|sell|hold|neutral|overweight|underweight|equal[- ]?weight|market[- ]?weight|sector weight|"
    r"outperform|underperform|(?:market|sector|peer|in[- ]line|line) ?perform|accumulate|reduce|long[- ]term buy|"
    r"conviction buy)(?!-)"
)
_CHIEF = (
    r"(?:ceo|cfo|coo|cto|chief (?:executive|financial|operating|technology|medical|marketing|scientific|legal)"
    r"(?: officer)?|(?:finance|operations) chief|chairman|chairwoman|chair|president|director|executive)s?"
)
_HEAD = r"(?:ceo|cfo|coo|cto|chief \w+(?: officer)?|(?:finance|operations) chief|chairman|chairwoman|chair|president)"
_PERIOD = (
    r"(?:fy ?'?\d{0,4}|fiscal|full[- ]year|annual|year|q[1-4]|[1-4]q|[12]h|h[12]|20[0-3]\d|"
    r"(?:first|second|third|fourth)[- ](?:quarter|half)|(?:next|current|this)[- ](?:quarter|year)|long[- ]term)"
)
_FIGURE = (
    r"(?:adj(?:usted|\.)?|eps|sales|revenues?|earnings|profits?|ebitda?|margins?|income|results|view|growth|"
    r"cash flow)"
)
_GOODS = r"(?:jets?|planes?|aircraft|airliners?|shares|stock|bonds?|notes|debt|chips|trucks|vehicles|for|in)\b"
_GUIDES = (
    r"(?:sees|expects?|reaffirms?|reaffirmed|affirms?|affirmed|maintains?|maintained|reiterates?|confirms?|"
    r"backs|updates?|updated|narrows?|tightens?|widens|raises?|raised|cuts?|lowers?|lowered|lifts?|boosts?|hikes?|"
    r"trims?|slashes|guides?|projects?|anticipates|forecasts|withdraws?|suspends?|provides?|issues?|gives|sets|"
    r"targets|initiates|pre-?announces?|warns (?:on|of|about))"
)
_PRICED = r"(?:us|can|c|a|hk)?[$\u20ac\u00a3\u00a5]\s?\d|(?:eur|usd|gbp|sek|chf|nok|dkk|cad)\s?\d|\d"
_TARGET = r"(?:pt|tp|tgt|price target|target price|price objective|(?:stock|share|street-high) (?:price )?target)s?"
_NO_CLOCK = r"(?<!m )(?<!m\. )(?<!:\d\d )"
_MOVES = (
    r"(?:rais\w+|lower\w*|cuts?|cutting|boost\w*|lift\w*|hik\w+|trim\w*|slash\w*|bump\w*|tweak\w*|ups|increas\w+|"
    r"decreas\w+|reduc\w+|adjust\w*|mov\w+|maintain\w*|reiterat\w+|sets?|keeps?|drops?|nudg\w+|tak\w+|upp\w+)"
)

BY_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "analyst_action": (
            (
                rf"{_MOVES} (?:\S+ ){{0,6}}?{_NO_CLOCK}{_TARGET}|{_NO_CLOCK}{_TARGET}:? (?:\S+ ){{0,4}}?(?:to |"
                rf"of |at |from |now |is |by )?"
                rf"(?:{_PRICED})[\d.,]*(?! ?(?:am|pm|a\.m|p\.m))|{_TARGET} (?:\S+ ){{0,3}}?{_MOVES}"
            ),
            rf"(?<!:)(?:{_PRICED})[\d.,]* (?:price )?(?:pt|tp|tgt|target)",
            (
                r"(?:target|tgt) (?:raised|cut|lowered|boosted|lifted|hiked|trimmed|increased|reduced|to|at) (?:to )?"
                r"(?:us|c)?[$\u20ac\u00a3]\d+(?:\.\d+)?(?!\S| ?(?:m|b|million|billion))"
            ),
            (
                r"(?<!network )(?<!software )(?<!system )(?<!plant )(?<!windows )(?<!security )(?<!iphone )"
                r"(?:upgrade|downgrade)[sd]?(?! (?:its?|their|our|the|of|to (?:its|"
                r"the)) )(?! (?:\S+ ){0,2}(?:guidance|forecasts?|"
                r"outlook|network|software|systems?|platform|fleet|plants?|factory|facilit\w+|data cent\w+|"
                r"wi-?fi|line|"
                r"infrastructure|equipment|technology|security)\b)"
            ),
            r"(?:gets?|got|receives?) (?:an? )?(?:upgrade|downgrade)[sd]?(?! (?:of|to its|to the))",
            rf"(?:up|down)graded? (?:to|at|by|from)|(?:upgrade|downgrade)[sd]? (?:\S+ )?(?:to|from) {_BROKER_RATING}",
            (
                rf"(?:initiat\w+|starts?|started|resum\w+|assum\w+|launch\w*|reinstat\w+|begins?|rates?|"
                rf"rated) (?:new |as )?"
                rf"(?:\S+ ){{0,6}}?(?:coverage|(?:at|with|as|new|an?) (?:an? )?['\u2018\"]?{_BROKER_RATING})"
            ),
            r"coverage (?:initiated|started|resumed|assumed|launched|reinstated)|(?:initiates|resumes) coverage",
            (
                rf"(?:reiterat\w+|maintain\w*|keeps?|kept|affirm\w*|stays?|remains) (?:\S+ ){{0,4}}?['\u2018\"]?"
                rf"(?:{_BROKER_RATING})(?: rating)?(?= on\b| rating|,|;|$| at\b| for\b| \(| with\b| ahead| after|"
                rf"['\u2019\"])"
            ),
            rf"{_BROKER_RATING} rating|rated (?:new )?['\u2018\"]?{_BROKER_RATING}",
            (
                r"(?:added|removed|adds?|removes?) (?:\S+ ){0,4}?(?:to|from) (?:\S+ ){0,3}?(?:conviction|focus|"
                r"best ideas?|"
                r"top picks?|buy|analyst) (?:\S+ )?(?:list|ideas?|picks?)|(?:conviction (?:buy )?|focus )list"
            ),
            (
                r"analysts? (?:\S+ ){0,3}(?:raises?|cuts?|lowers?|bullish|bearish)|(?:raises?|cuts?|lowers?|"
                r"lifts?|trims?|"
                r"boosts?|ups) (?:\S+ ){0,5}?estimates (?:on|for|at|ahead|after|following)"
            ),
            (
                r"(?:raised|cut|lowered|boosted|lifted) to ['\u2018\"]?(?:buy|sell|hold|neutral|outperform|"
                r"underperform|overweight|"
                r"underweight|accumulate|reduce)"
            ),
            r"(?:overweight|underweight|equal[- ]weight|outperform|underperform|market perform|sector perform)",
        ),
        "fda_clinical": (
            r"fda|food and drug administration|ema approval|clinical (?:trial|hold|data|stud\w+)",
            (
                r"phase (?:[123](?:[ab]|/[23][ab]?)?|i{1,3}[ab]?)\b|(?<!signs )(?<!signed )(?<!an )nda|bla|"
                r"pdufa|(?:primary|"
                r"secondary) endpoints?|orphan drug"
            ),
            r"breakthrough therapy|complete response letter|510\(?k\)?|drug (?:approval|candidate)",
            r"late[- ]stage (?:trial|study)|placebo|topline (?:data|results)",
        ),
        "merger": (
            r"merger|merges?|merging|to merge|acqui(?:re|res|red|ring|sition|sitions)|takeover|take[- ]private",
            (
                rf"buyout|to (?:buy|purchase) (?!back)(?:out )?(?:(?!{_GOODS})\S+ ){{1,5}}(?:for|in) (?:an? )?"
                r"(?:about |around |up to )?(?:us)?\$ ?\d[\d.,]*(?:[bm]n?)?|tender offer"
            ),
            r"deal to (?:buy|purchase)|take (?!advantage|part|on\b)(?:\S+ ){1,3}private",
            r"unsolicited (?:\S+ )?(?:bid|offer|proposal)",
            r"(?:rejects?|rejected|spurns?|spurned|sweetens?|sweetened) (?:\S+ ){1,4}bid(?! for)",
            r"hostile bid|to be bought by|go(?:es|ing)? private|in talks to (?:buy|be bought|sell itself)",
            r"bids? for|spin[- ]?off|divest\w*",
        ),
        "offering": (
            (
                r"(?:public|secondary|stock|share|registered direct|follow[- ]on|convertible notes?|"
                r"senior notes|notes|"
                r"at[- ]the[- ]market|equity|ipo|common|shares) (?:stock )?offering"
            ),
            (
                r"pric(?:es?|ed|ing)(?: of)? (?:\S+ ){0,6}(?:offering|ipo|notes)|private placement|"
                r"shelf registration|dilut\w+"
            ),
            r"offering of (?:\S+ ){0,2}(?:common|ordinary|shares|\S+ shares|convertible)|(?:mixed|universal) shelf",
            r"raises? (?:us)?\$ ?\S+ (?:\w+ )?(?:in|through|via) (?:\w+ )?(?:offering|placement|equity|stock|shares)",
            r"initial public offering|files for ipo",
        ),
        "guidance": (
            r"guidance|guides|(?<!microsoft )(?<!ms )outlook|profit warning|pre-?announce[sd]?",
            (
                r"(?<!beats )(?<!beat )(?<!tops )(?<!misses )(?<!miss )(?<!missed )(?<!topped )(?<!exceeds "
                r")(?<!above )"
                r"(?<!below )(?<!analyst )(?<!analysts' )(?<!vs )(?<!street )(?<!weather )(?<!than "
                r")(?<!consensus )forecasts?"
            ),
            rf"{_GUIDES} (?:\S+ ){{0,4}}?{_PERIOD} (?:\S+ ){{0,3}}?{_FIGURE}",
            rf"{_GUIDES} (?:\S+ ){{0,3}}?{_FIGURE} (?:\S+ ){{0,4}}?(?:for|in) (?:\S+ )?{_PERIOD}",
            (
                r"(?:raises?|cuts?|lowers?|lifts?|boosts?|reaffirms?|slashes|withdraws?|backs|affirms?|"
                r"maintains?) (?:\S+ ){0,4}view"
            ),
            r"sees (?:\S+ ){0,3}(?:eps|revenue|sales|earnings|q[1-4]|fy|loss)",
            r"expects? (?:\S+ ){0,4}(?:revenues?|eps|earnings|sales|ebitda)",
            r"warns (?:on|of|about) (?:\S+ ){0,4}(?:profits?|margins?|sales|revenues?|earnings|results|quarter|year)",
            (
                r"(?:profit|sales|revenue|earnings) (?:alert|warning)|(?:raises?|cuts?|lowers?) (?:\S+ ){0,3}"
                r"(?:sales|revenue|earnings|profit|eps) (?:targets?|estimates?|expectations)"
            ),
        ),
        "earnings": (
            r"earnings|q[1-4]|[1-4]q\d*|(?:first|second|third|fourth)[- ]quarter",
            r"quarter(?:ly)? (?:results?|profits?|loss|losses|report|revenues?|sales|net)|eps",
            r"reports? (?:\S+ ){0,4}(?:results?|profit|loss|revenue)",
            (
                r"(?:beats?|miss(?:es|ed)?|tops?|topped|exceeds?|lags?) (?:\S+ ){0,3}(?:estimates?|expectations|"
                r"views|consensus|"
                r"street|forecasts?)|(?:profit|sales|revenue|results) (?:\S+ )?(?:above|below|miss|beat|top)"
            ),
            r"(?:full[- ]year|half[- ]year|annual|interim) (?:results|profit|loss)|results beat",
            r"(?:swings?|swung|returns?) to (?:an? )?(?:\S+ )?(?:profit|loss)",
        ),
        "contract": (
            (
                r"(?<!futures )(?<!options )(?<!option )(?<!labor )(?<!labour )(?<!union )(?<!call )(?<!put "
                r")(?<!forward )"
                r"(?<!activity )(?<!economy )(?<!output )(?<!gdp )(?<!sector )contracts?(?! (?:manufactur|"
                r"research|traded?|"
                r"talks|negotiation|for an? (?:\w+ )?(?:month|quarter)))"
            ),
            (
                r"awarded (?!(?:\S+ ){0,3}(?:patents?|damages|by (?:a )?jury))|purchase order|"
                r"wins? (?:\S+ ){0,5}(?:orders?|deal|award)"
            ),
            r"(?:supply|licensing|license|distribution|partnership|collaboration|strategic) (?:agreement|deal)",
            r"partners? with|partnership|teams? up with|collaborat\w+ with|memorandum of understanding",
            r"multi-?year (?:deal|agreement)",
        ),
        "legal": (
            (
                r"lawsuits?|class action|sues?|sued|suing|settle(?:s|d|ment)?(?! (?:up|down|higher|lower|at|"
                r"above|below|near|"
                r"mixed|in the))|litigation|court|judge|jury|verdict"
            ),
            (
                r"antitrust|investigat\w+|subpoena\w*|probes?|indict\w*|fraud|patent (?:infringement|case|trial|"
                r"suit)|fined"
            ),
            (
                r"penalt(?:y|ies)|doj|(?:department of justice|justice department)|sec (?:charges|probe|inquiry)|"
                r"bankruptcy|chapter 11"
            ),
            (
                r"ftc|consent (?:orders?|decree|agreement)|attorneys? general|wells notice|cease[- ]and[- ]desist|"
                r"(?:eu|european commission|regulators?|watchdog|sec|finra|cfpb|epa|court) (?:fines?|charges|"
                r"accuses|orders)"
            ),
        ),
        "management": (
            (
                rf"{_CHIEF},? (?:\S+ ){{0,4}}(?:resigns?|resigned|steps? down|stepping down|to step down|"
                rf"retires?|retiring|"
                r"departs?|to depart|leaves?|leaving|fired|ousted|dies|to leave|to retire|out|departure|exits?|"
                r"quits?)"
            ),
            (
                rf"(?:appoints?|names?|hires?|named|appointed|taps|picks|selects|elects?|elected|promotes?|"
                rf"promoted|elevates?|"
                rf"chooses|nominates?|recruits) (?:\S+ ){{0,6}}(?:{_HEAD}|directors?|successor)"
            ),
            rf"(?:new|next|interim|incoming|acting|permanent|future|outgoing) {_HEAD}(?! (?:says|sees))",
            (
                rf"(?:succeeds?|succeeding|replaces?|replacing|become|becomes|became|returns|joins) (?:\S+ ){{0,5}}?"
                rf"(?:as )?(?:(?:the|its|an?) )?{_HEAD}"
            ),
            (
                rf"{_HEAD} (?:succession|transition|search|change|successor)|management (?:change|shake-?up|"
                rf"transition)|"
                r"(?:joins?|to) (?:the |its )?board|board of directors (?:appoint|elect|name)\w*|succession plan"
            ),
        ),
    }
)
"""What tells each kind, in the order in which they are tried."""
