"""Words of the market and what they say of a share's price, written for this project.

No published list was copied: the best known one, of Loughran and McDonald, isn't free for commercial use. Weights
are judgements: 3 = usually moves the price by itself, 2 = clearly good or bad, 1 = a shade. `inplay evaluate
sentiment` says what they are worth on texts of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WEIGHTED = {
    3.0: (
        "soar soars soared soaring skyrocket skyrockets skyrocketed surge surges surged surging blowout breakthrough"
    ),
    2.0: (
        "beat beats beating topped tops exceed exceeds exceeded exceeding outperform outperforms outperformed "
        "upgrade upgrades upgraded raise raises raised raising approve approves approved approval rally rallies "
        "rallied rallying jump jumps jumped jumping rocket bullish record win wins won awarded award awards strong "
        "stronger strongest boost boosts boosted boosting profitable breakout upbeat accelerate accelerates "
        "accelerated accelerating accretive buyback buybacks moon undervalued oversubscribed landmark outpaced "
        "outpaces milestone spike spikes spiked gapper upside"
    ),
    1.0: (
        "gain gains gained gaining rise rises rose rising risen climb climbs climbed climbing up higher grow grows "
        "grew growing growth grown increase increases increased increasing improve improves improved improving "
        "improvement profit profits good great best better positive optimistic confident robust solid healthy "
        "expand expands expanded expanding expansion partnership partner partners launch launches launched "
        "opportunity success successful successfully advance advances advanced rebound rebounds rebounded recover "
        "recovers recovered recovery recovering buy buying bought long bull bulls calls support dividend innovative "
        "innovation efficient favorable favourable attractive green love likes momentum secured secures settle "
        "settled resume resumes resumed reinstated demand leading leader exciting winner winners top"
    ),
    -1.0: (
        "fall falls fell falling fallen decline declines declined declining drop drops dropped dropping down lower "
        "decrease decreases decreased decreasing weak weaker weakness soft softer slow slows slowed slowing slower "
        "slowdown loss losses lose loses losing lost bad worse worst negative pessimistic uncertain uncertainty "
        "concern concerns concerned worry worries worried risk risks risky delay delays delayed cautious caution "
        "challenging challenge challenges headwind headwinds pressure pressured sell selling sold short bear bears "
        "puts trouble troubled problem problems difficult dilutive dilution overvalued volatile slip slips slipped "
        "slipping ease eased trim trims trimmed layoffs layoff closure closures shut shuts restructuring red poor "
        "disappoint hurt hurts dispute expensive debt unrest sluggish"
    ),
    -2.0: (
        "miss misses missed missing downgrade downgrades downgraded cut cuts cutting slash slashes slashed slashing "
        "plunge plunges plunged plunging tumble tumbles tumbled tumbling sink sinks sank sinking slump slumps slumped "
        "slumping slide slides slid sliding bearish underperform underperforms underperformed lawsuit lawsuits sued "
        "sues suing probe probes investigation investigations investigated subpoena subpoenaed recall recalls "
        "recalled reject rejects rejected rejection fail fails failed failing failure warn warns warned warning "
        "warnings disappointing disappointed disappoints disappointment halt halts halted suspend suspends suspended "
        "suspension breach breaches breached violation violations violated penalty fined impairment writedown "
        "write-down writeoff write-off resign resigns resigned resignation shortfall crisis selloff sell-off "
        "overbought downturn terminated terminates termination crush crushed hacked worsen worsened worsening "
        "deteriorate deteriorated deteriorating"
    ),
    -3.0: (
        "bankruptcy bankrupt insolvent insolvency fraud fraudulent default defaults defaulted delist delisted "
        "delisting collapse collapses collapsed collapsing crash crashes crashed crashing restatement restate "
        "restates restated plummet plummets plummeted plummeting embezzlement indicted indictment scandal ponzi "
        "liquidation worthless"
    ),
}
WORDS: Mapping[str, float] = MappingProxyType(
    {word: weight for weight, words in _WEIGHTED.items() for word in words.split()}
)
"""Weight of each word, lower case."""

PHRASES: Mapping[tuple[str, ...], float] = MappingProxyType(
    {
        tuple(phrase.split()): weight
        for phrase, weight in {
            "price target raised": 2.0,
            "raises price target": 2.0,
            "price target cut": -2.0,
            "cuts price target": -2.0,
            "cuts costs": 1.0,
            "cost cuts": 1.0,
            "cut costs": 1.0,
            "cuts loss": 1.0,
            "narrows loss": 2.0,
            "narrower loss": 2.0,
            "wider loss": -2.0,
            "raises capital": -1.0,
            "public offering": -2.0,
            "secondary offering": -2.0,
            "stock offering": -2.0,
            "share repurchase": 2.0,
            "stock split": 1.0,
            "reverse split": -2.0,
            "going concern": -3.0,
            "chapter 11": -3.0,
            "class action": -2.0,
            "clinical hold": -3.0,
            "complete response letter": -3.0,
            "fast track": 2.0,
            "breakthrough therapy": 2.0,
            "met primary endpoint": 3.0,
            "meets primary endpoint": 3.0,
            "missed primary endpoint": -3.0,
            "short squeeze": 2.0,
            "all time high": 2.0,
            "52 week high": 2.0,
            "52 week low": -2.0,
            "new high": 2.0,
            "new low": -2.0,
            "above expectations": 2.0,
            "below expectations": -2.0,
            "better than expected": 2.0,
            "worse than expected": -2.0,
            "in line": 0.0,
            "record date": 0.0,
            "long term": 0.0,
            "short term": 0.0,
            "short interest": -1.0,
            "steps down": -1.0,
            "going up": 1.0,
            "up to": 0.0,
            "set up": 0.0,
            "sign up": 0.0,
            "follow up": 0.0,
            "best buy": 0.0,
            "good morning": 0.0,
            "win the": 1.0,
            "risk factors": 0.0,
        }.items()
    }
)
"""Phrases, which count in place of their words; 0 = the words mean nothing there."""

_NEGATIONS_TEXT = """
aren't arent can't cannot cant despite didn't didnt doesn't doesnt don't dont fewer hasn't hasnt isn't isnt
lack lacked lacks neither never no nor not unable wasn't wasnt without won't wont
"""
NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
"""Within three words before a word, they turn it."""

_STRONGER_TEXT = """
big dramatically extremely far heavily huge hugely major massive massively sharply significantly steep
steeply strongly substantially very well
"""
_WEAKER_TEXT = """
barely marginally mildly modest modestly partly slight slightly somewhat
"""
INTENSIFIERS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(_STRONGER_TEXT.split(), 1.4) | dict.fromkeys(_WEAKER_TEXT.split(), 0.6)
)
"""Directly before a word, they scale it."""
