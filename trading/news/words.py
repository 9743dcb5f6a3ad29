"""Words and phrases that are good or bad for a share by themselves, and those that turn or scale others.

Written for this project, no published list was copied: the best known one, of Loughran and McDonald, isn't free for
commercial use. Weights are judgements: 3 = usually moves the price by itself, 2 = clearly good or bad, 1 = a shade.
What a sentence is about isn't here: losses, costs and sales are good or bad by where they go (`movements`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WEIGHTED = {
    3.0: "blowout breakthrough",
    2.0: (
        "beat beats beating topped tops exceed exceeds exceeded exceeding outperform outperforms outperformed "
        "upgrade upgrades upgraded bullish profitable breakout upbeat accretive buyback buybacks moon undervalued "
        "oversubscribed landmark outpaced outpaces gapper upside pleased satisfied approves approved approval "
        "obtained"
    ),
    1.0: (
        "impressive thriving flourishing lucrative resilient stellar upswing uptick bounce bounced cheers cheered "
        "record positive optimistic solid healthy excellent good great success successful successfully successes "
        "favorable favourable attractive love likes momentum resumed reinstated efficient efficiency exciting "
        "winner winners award benefit benefits benefited long bull bulls profitability competitive profitably "
        "synergies stabilised stabilized awarded confident encouraging milestone better smoothly savings delighted "
        "happy proud glad popular cost-effective foothold"
    ),
    -1.0: (
        "woes hampered hampers hamper struggle struggles struggling stagnant stagnated scrapped scraps bleak "
        "gloomy dented dent axe axed cutback cutbacks rout turmoil tepid lackluster lacklustre anemic blow fallout "
        "outage shutdown shorting shorted soft poor bad worse worst negative negatively pessimistic uncertain "
        "uncertainty concern concerns worry worries worried fear fears delay delays delayed cautious caution "
        "challenging headwind headwinds bear bears trouble troubled problem problems difficult dilutive dilution "
        "overvalued volatile closure closures disappoint hurt hurts dispute unrest sluggish strike suffer suffers "
        "suffered hit adverse adversely puts difficulties canceled postponed unfavorable unfavourable subdued "
        "dismal red tough tougher burden burdens burdened weighed weighs drag drags dragged investigated fined "
        "fine fines overcapacity"
    ),
    -2.0: (
        "miss misses missed missing downgrade downgrades downgraded bearish underperform underperforms "
        "underperformed sued sues suing probe probes investigation investigations subpoena subpoenaed recall "
        "recalls recalled reject rejects rejected rejection fail fails failed failing failure warn warns warned "
        "warning warnings disappointing disappointed disappoints disappointment halt halts halted suspend suspends "
        "suspended suspension breach breaches breached violation violations violated penalty resign resigns "
        "resigned resignation shortfall crisis selloff sell-off overbought downturn crush crushed hacked "
        "unprofitable layoff layoffs redundancies redundant cartel writedown write-down writedowns write-downs "
        "writeoff write-off write-offs impairment impairments scandal loss-making deteriorates deteriorate "
        "deteriorated deteriorating"
    ),
    -3.0: (
        "bankruptcy bankrupt insolvent insolvency fraud fraudulent delist delisted delisting restatement restate "
        "restates restated embezzlement indicted indictment ponzi liquidation worthless"
    ),
}
WORDS: Mapping[str, float] = MappingProxyType(
    {word: weight for weight, words in _WEIGHTED.items() for word in words.split()}
)
"""Weight of each word, lower case."""

_PHRASES = {
    3.0: (
        "met primary endpoint, meets primary endpoint, met its primary endpoint, meets main goal, met main goal, "
        "meets its main goal, meets primary goal"
    ),
    2.0: (
        "crushing it, crushed it, top street, top estimates, top views, top expectations, top forecasts, share "
        "repurchase, fast track, breakthrough therapy, short squeeze, raised to buy, raised to outperform, raised "
        "to overweight, swings to profit, swung to profit, swung to a profit, swings to a profit, turned to a "
        "profit, turned to profit, turns to profit, turned a profit, turned profitable, returned to profit, returns "
        "to profit, return to profit, into profit, into the black, picked up, picks up, picking up, chosen as, "
        "chosen to, chosen by, selected as, selected to, selected by, selected for, chosen for, at buy, with buy, "
        "added to the s&p, added to s&p, pleased to, sell out, sold out, breaking out, strengthens our position, "
        "wins approval, exceeded expectations"
    ),
    1.0: (
        "made a profit, makes a profit, posted a profit, posts profit, posts a profit, significant order, major "
        "order, large order, sizeable order, significant contract, major contract, new contract, more than a year, "
        "more than last, more than in, percent more, % more, become the market leader, becomes the market leader, "
        "became the market leader, gains traction, well above, going up, market leader in growth, stock split, meet "
        "the growing, new orders, new order, cost efficiency, cost savings, annual savings, new jobs, growing "
        "demand, strong demand, increased demand, to accumulate, capital gain, capital gains, sales gain, important "
        "step, significant step, first order, repeat order, largest order, opens up, above last, above the "
        "previous, above that, renewed contract, extended contract, clears way, wins case, well positioned"
    ),
    0.0: (
        "home improvement, pressure vessels, pressure vessel, high quality, high-quality, high school, high "
        "pressure, high voltage, high speed, high tech, more than, free of charge, risk management, credit risk, "
        "loss adjusters, profit and loss account, in line, in-line, record date, long term, long-term, short term, "
        "short-term, up to, set up, sign up, follow up, best buy, good morning, risk factors, as well as, made up, "
        "make up, makes up, start up, declined to comment, no plans, at least, at most, further information, "
        "declines to comment, stock exchange, in addition, as of, no longer, ends up, real time, drop in, short "
        "form, good luck, long time, good news, a long, no less than, not less than, best practice, put options, "
        "call options, long been, on record, of record, strike price, win win, awarded by, goodwill, success "
        "factors, down payment, break down, good friday, as long, so long, by strike, profit taking, hit the, "
        "settle up, heads up, hands down, taking into, warning system, fine paper, fine papers, in good time, "
        "profits and losses, profit and loss, costs and expenses, on the rise of, interest rate, interest rates, "
        "positive about, growth fund, growth funds, growth company, growth companies, growth strategy, from reduce, "
        "efficiency of, for the benefit, for the benefit of, benefit plan, red cross"
    ),
    -1.0: (
        "percent less, % less, less than a year, less than last, under pressure, price pressure, pressure on, short "
        "this, come to a standstill, came to a standstill, well below, short interest, raises capital, steps down, "
        "step down, going concern doubt, profit taking hits, posts loss, posted a loss, posts a loss, reports loss, "
        "reported a loss, records loss, recorded a loss, made a loss, no longer profitable, pricing pressure, lower "
        "than, stay away, too early to buy, one-off costs, broke support, breaks support, fell short, falls short, "
        "cuts short"
    ),
    -2.0: (
        "going to zero, fell sharply, public offering, secondary offering, stock offering, share offering, direct "
        "offering, offering priced, prices offering, priced offering, offering of common, reverse split, class "
        "action, to reduce from, reduce from, cut to sell, cut to hold, cut to neutral, cut to underperform, swings "
        "to loss, swung to loss, swung to a loss, swings to a loss, turned to a loss, turned to loss, turns to "
        "loss, into the red, in the red, lay off, lays off, laid off, laying off, at sell, profit warning, going "
        "down, shut down, shuts down, slide in, data breach, missed primary endpoint, at a discount, ate into, eats "
        "into, eat into, eating into, eaten into, dried up, below last, below the previous, below that, below the "
        "level, below the corresponding, stock off, shares off, codetermination negotiations, employee "
        "negotiations, employer-employee negotiations, personnel negotiations, cooperation negotiations, "
        "co-operation negotiations, statutory negotiations, accounting irregularities, break support"
    ),
    -3.0: (
        "going concern, chapter 11, clinical hold, complete response letter, accounting probe, missed its primary "
        "endpoint, delisting notice"
    ),
}
PHRASES: Mapping[tuple[str, ...], float] = MappingProxyType(
    {tuple(phrase.split()): weight for weight, phrases in _PHRASES.items() for phrase in phrases.split(", ")}
)
"""Phrases, which count in place of their words; 0 = the words mean nothing there."""

_NEGATIONS_TEXT = """
aren't arent can't cannot cant didn't didnt doesn't doesnt don't dont hasn't hasnt isn't isnt
lack lacked lacks neither never no nor not unable wasn't wasnt without won't wont
"""
NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
"""Within three words before a word, they turn it."""

NOTHING_OF = (
    "no evidence", "no sign", "no signs", "no indication", "no indications", "no proof", "no hint", "no trace",
    "no findings", "no suspicion", "no allegation", "no allegations", "no instances", "no cases", "no case",
    "absence", "free",
)  # fmt: skip
"""With "of" or "that", they turn what follows."""
SAID_NOT = ("denies", "denied", "deny", "denying", "disputes", "disputed", "refutes", "refuted")
"""What a company denies may or may not be so: it says nothing."""
INQUIRIES = frozenset(("probe", "probes", "investigation", "investigations", "investigated", "subpoena"))
"""They are bad unless they end in the company's favour."""
_CLEARED_OF = "cleared, cleared of, cleared in, acquitted, acquitted of, exonerated, absolved of, vindicated"
_FOUND_NO = (
    "found no, finds no, find no, finding no, uncovered no, uncovers no, found nothing, finds nothing, rules out, "
    "ruled out"
)
_ENDED = "drops dropped drop ends ended closes closed concludes concluded dismisses dismissed"
_CASES = "probe investigation inquiry charges case"
CLEARINGS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(_CLEARED_OF.split(", "), 1.0)
    | dict.fromkeys(_FOUND_NO.split(", "), 0.0)
    | {
        f"{verb} {whose}{case}": 1.0
        for verb in _ENDED.split() for whose in ("", "its ", "the ", "an ", "a ") for case in _CASES.split()
    }
)  # fmt: skip
"""What ends in the company's favour, and what it says by itself."""
SINCE = (
    "record", "all-time", "all time", "52 week", "52-week", "new", "fresh", "multi-year", "multiyear", "multi-month",
    "year", "month", "decade", "historic", "historical", "lifetime", "two-year", "three-year", "five-year", "ten-year",
    "six-month", "series",
)  # fmt: skip
"""Before "high" and "low" they make an extreme; "a 10-year low" has its last two words here."""

_STRONGER_TEXT = """
big clearly dramatically extremely far heavily huge hugely major massive massively sharply significant significantly
steep steeply strongly substantially very well
"""
_WEAKER_TEXT = """
barely marginally mildly modest modestly partly slight slightly somewhat
"""
INTENSIFIERS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(_STRONGER_TEXT.split(), 1.4) | dict.fromkeys(_WEAKER_TEXT.split(), 0.6)
)
"""Directly before a word, they scale it."""
