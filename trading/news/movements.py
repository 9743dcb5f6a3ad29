"""What goes up and down in the news of companies, and the words for going.

A movement is good or bad by what moves: sales that rise, losses that narrow. What a sentence is about has no polarity
of its own. A holding, share capital or votes that rise say nothing of the company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_MEASURED = {
    1.5: (
        "profit, profits, operating profit, net profit, pretax profit, gross profit, profit before tax, profit "
        "before taxes, profit after tax, profit after taxes, earnings, earnings per share, eps, ebit, ebita, "
        "ebitda, net income, operating income, income, operating result, result, results, profitability, guidance, "
        "outlook, forecast, forecasts, price target, target price, pt, tp, cash flow, return on investment, return "
        "on equity, return on invested capital, equity ratio, operating margin, profit margin, margin, margins, "
        "return on capital"
    ),
    1.0: (
        "sales, net sales, revenue, revenues, turnover, orders, order, order book, order backlog, backlog, order "
        "intake, intake, demand, market share, production, output, deliveries, volume, volumes, shipments, "
        "traffic, passengers, passenger numbers, load factor, customers, subscribers, subscriber base, users, "
        "exports, capacity, capacity utilisation, capital adequacy, capital adequacy ratio, equity ratio, "
        "adequacy, shares, stock, stocks, share price, dividend, dividends, interest income, net interest income, "
        "jobs, employees, staff, personnel, workforce, headcount, workers, people, positions, fair value, value, "
        "price, prices, advertising, view, views, estimate, estimates, expectations, net asset value, operations, "
        "business, market, markets, competitiveness, efficiency, productivity, presence, position, activity, "
        "popularity, rent, occupancy, occupancy rate, visibility, premiums, economy, growth rate, quality, "
        "contract, contracts, deal, dollar, euro, sentiment, confidence, futures, index, dow, nasdaq, licence "
        "fees, fees, royalties, credit rating, rating, lending, deposits, assets under management"
    ),
    -1.0: (
        "time needed, delivery time, delivery times, lead time, processing time, turnaround time, energy use, fuel "
        "consumption, water consumption, maintenance costs, bankruptcies, cost, costs, expense, expenses, "
        "expenditure, spending, debt, debts, net debt, interest-bearing debt, liabilities, gearing, charges, "
        "unemployment, unemployment rate, churn, claims, tax, taxes, inflation, duties, inventories, stockpiles, "
        "defaults, credit losses, loan losses, deficit, combined ratio, consumption, emissions, risk, risks, "
        "lawsuit, lawsuits, suit, litigation, complaints, raw material prices, fuel prices, oil prices, energy "
        "prices, cost base, waste, downtime, absenteeism, provisions, accidents, lead times, energy consumption, "
        "interest expenses, interest costs, dependence, dependency, jobless claims, jobless rate, attrition, default "
        "rate, default rates, delinquencies, delinquency rate, charge-offs, net charge-offs, bad loans, "
        "non-performing loans, npl ratio, npls, leverage, cash burn, burn rate, staff turnover, employee turnover, "
        "vacancy, vacancy rate, vacancies, cancellations, cancellation rate, refunds, defects, defect rate, opex, "
        "cost of goods sold, cost of risk, loss ratio, cost ratio, cost-to-income ratio, expense ratio, tax rate, "
        "injuries, fatalities, insolvencies, foreclosures, redemptions, outflows, fuel costs, input costs, shrinkage, "
        "shrink rate, layoff costs, impairment charges, backlog of claims, consumer prices, producer prices, "
        "borrowings, indebtedness, overdue loans, arrears, churn rate, warranty claims, insurance claims, crime"
    ),
    -1.5: "loss, losses, net loss, operating loss, pretax loss, loss per share, loss before tax, loss before taxes",
    0.0: (
        "holding, holdings, stake, stakes, ownership, shareholding, shareholdings, share capital, number of "
        "shares, voting rights, votes, floor area, capital, share of ownership, interest in, subscription price, "
        "number of own shares, number of votes, amount of shares, temperature, ages, options, warrants, minority "
        "interest, shares outstanding, treasury shares, own shares, new shares, series a shares, per share, funds, "
        "money"
    ),
}
MEASURES: Mapping[tuple[str, ...], float] = MappingProxyType(
    {tuple(name.split()): sign for sign, names in _MEASURED.items() for name in names.split(", ")}
)
"""What moves: above zero it is good when it rises, below zero it is bad; 0 says nothing."""
_FACILITIES_TEXT = """
plant plants factory factories mill mills facility facilities store stores shop shops office offices unit mine
branch branches line restaurant restaurants refinery warehouse smelter terminal
"""
FACILITIES = frozenset(_FACILITIES_TEXT.split())
"""What is opened and closed; it isn't what moves in a sentence."""
_COMMISSIONS_TEXT = """
order orders contract contracts deal deals project tender assignment
"""
COMMISSIONS = frozenset(_COMMISSIONS_TEXT.split())
"""What is won and cancelled."""
MORE = frozenset(("jobs", "customers", "orders", "sales", "revenue", "revenues", "passengers", "users", "subscribers"))
"""What it is good to have more of."""
OWN: Mapping[str, float] = MappingProxyType({"lawsuit": -0.5, "lawsuits": -0.5})
"""What is bad by being there at all."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A word for going up or down.

    Attributes:
        way: above zero up, below zero down; its size is how far.
        bare: what it says where nothing is found that moves.
        takes_object: whether what moves may follow: "cuts costs", "lower costs", but not "rose costs".
        adjective: "higher" and the like, which before an unknown noun say nothing of the rest.
        judges: whether it is good or bad of anything: costs that improve are lower ones.
        of: which things it may be said of; None = of any measure.
    """

    way: float
    bare: float
    takes_object: bool = True
    adjective: bool = False
    judges: bool = False
    of: frozenset[str] | None = None


_GOES = {
    3.0: "soar soars soared soaring skyrocket skyrockets skyrocketed surges surged surging",
    2.0: (
        "jumps jumped jumping rally rallies rallied rallying rocket rockets spikes spiked leaps leapt accelerates "
        "accelerated accelerating tripled triples quadrupled"
    ),
    1.0: (
        "rises rose risen climb climbs climbed climbing grow grows grew grown advance advances advanced up "
        "rebounds rebounded recover recovers recovered mount mounts mounted pops popped"
    ),
    -1.0: (
        "falls fell fallen declines declined drops dropped dropping down slip slips slipped slipping dips dipped "
        "ease eases eased slow slows slowed shrinks shrank shrunk dwindle dwindled subsided contracted retreat "
        "retreats retreated lags lagged diminished"
    ),
    -2.0: (
        "plunges plunged plunging tumble tumbles tumbled tumbling sink sinks sank sinking slumps slumped slumping "
        "slides slid sliding"
    ),
    -3.0: (
        "collapse collapses collapsed collapsing crash crashes crashed crashing plummet plummets plummeted plummeting"
    ),
}
"""They go by themselves; nothing follows that moves."""
_MOVED = {
    (3.0, 3.0): "surge",
    (2.0, 2.0): "jump spike double doubles doubled doubling accelerate",
    (1.0, 0.5): "hire hires hiring",
    (2.0, 0.0): "lifting",
    (2.0, 1.0): "boost boosts boosted boosting lift lifts lifted hike hikes hiked",
    (1.0, 1.0): (
        "improvement improvements rise rising gain gains gained gaining recovery recovering rebound upturn growth "
        "growing improve improves improved improving enhance enhances enhanced expand expands expanded expanding "
        "expansion strengthen strengthens strengthened strengthening strong stronger strongest robust brisk"
    ),
    (1.0, 0.0): (
        "increase increases increased increasing raise raises raised raising higher high widen widens widened "
        "wider widening larger additional add adds recruit recruits recruiting"
    ),
    (-1.0, 0.0): (
        "decrease decreases decreased decreasing reduce reduces reduced reducing reduction reductions lower lowers "
        "lowered lowering narrow narrows narrowed narrower narrowing smaller shorten shortens saves save saving "
        "fewer dismiss dismisses dismissed"
    ),
    (-1.0, -1.0): (
        "fall falling decline declining drop dip slowdown slowing shrink shrinking lose loses losing lost weak "
        "weaken weakens weakened weaker weakening weakness cut cuts cutting trim trims trimmed softer slower erode "
        "eroded eroding cancel cancels cancelled terminate terminated terminates depressed"
    ),
    (-1.5, 0.0): "stop stops stopping discontinue discontinues discontinued",
    (-2.0, -2.0): "slash slashes slashed slashing plunge slump slide halve halves halved",
}
"""What moves may follow them or stand before; the second number is what they say alone."""
_SAID_OF = {
    (1.0, 0.0, MORE): "more",
    (1.0, 0.0, FACILITIES): "open opens opened opening build builds building construct inaugurate inaugurates",
    (-2.0, 0.0, FACILITIES): "close closes closing shut shuts shutting",
    (1.5, 1.0, COMMISSIONS): "win wins winning won awarded",
    (1.5, 0.0, COMMISSIONS): "secures secured receives received signs signed lands landed bags",
}
_JUDGING_TEXT = """
improvement improvements improve improves improved improving enhance enhances enhanced strengthen strengthens
strengthened strengthening strong stronger strongest robust brisk recovery recovering weak weaken weakens
weakened weaker weakening weakness softer depressed eroded erode eroding recover recovers recovered
"""
_JUDGING = frozenset(_JUDGING_TEXT.split())
_ADJECTIVES_TEXT = """
rising gaining growing strong stronger strongest robust brisk increased increasing higher high wider widening
larger additional decreased decreasing reduced lower narrower narrowing smaller falling declining slowing
shrinking fewer weak weaker softer slower depressed lost improved improving expanding
"""
_ADJECTIVES = frozenset(_ADJECTIVES_TEXT.split())
MOVEMENTS: Mapping[str, Movement] = MappingProxyType(
    {word: Movement(way, way, takes_object=False) for way, words in _GOES.items() for word in words.split()}
    | {
        word: Movement(way, bare, adjective=word in _ADJECTIVES, judges=word in _JUDGING)
        for (way, bare), words in _MOVED.items()
        for word in words.split()
    }
    | {word: Movement(way, bare, of=of) for (way, bare, of), words in _SAID_OF.items() for word in words.split()}
)
