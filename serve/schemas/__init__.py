"""What the HTTP API answers with: one frozen pydantic class per answer, units in the names, unknown = null.

A value that is not known is `None` (JSON `null`), never 0 and never NaN: the classes refuse NaN and infinity, so a
backend that lets one through fails loudly instead of printing nonsense.
"""

from serve.schemas.accounts import Account, Order, Orders, Portfolio, Position, Positions, Trade, Trades
from serve.schemas.base import Book, Estimate, Schema, Symbol
from serve.schemas.costs import Costs, PhaseBudget, RunningMachine, TrainingPlan, TrainingSession
from serve.schemas.market import (
    Catalyst,
    Catalysts,
    CatalystStatistic,
    InPlay,
    Pattern,
    Patterns,
    PatternStatistic,
    PatternStatistics,
    Regime,
    Scan,
)
from serve.schemas.models import Accuracy, Ensemble, Model, Models
from serve.schemas.news import News, NewsArticle, NewsSource
from serve.schemas.performance import AccountPerformance, Benchmark, Curve, EquityCurves, Performance, Target
from serve.schemas.problem import Problem
from serve.schemas.signals import RuleView, Signal, Signals, SignalsRequest
from serve.schemas.system import Health, Progress, ServiceHealth, Storage, StorageEvent, TierHolding
from serve.schemas.trading import BrokerAccountState, PlatformStatus, TradingChange, TradingState

__all__ = [
    "Account",
    "AccountPerformance",
    "Accuracy",
    "Benchmark",
    "Book",
    "BrokerAccountState",
    "Catalyst",
    "CatalystStatistic",
    "Catalysts",
    "Costs",
    "Curve",
    "Ensemble",
    "EquityCurves",
    "Estimate",
    "Health",
    "InPlay",
    "Model",
    "Models",
    "News",
    "NewsArticle",
    "NewsSource",
    "Order",
    "Orders",
    "Pattern",
    "PatternStatistic",
    "PatternStatistics",
    "Patterns",
    "Performance",
    "PhaseBudget",
    "PlatformStatus",
    "Portfolio",
    "Position",
    "Positions",
    "Problem",
    "Progress",
    "Regime",
    "RuleView",
    "RunningMachine",
    "Scan",
    "Schema",
    "ServiceHealth",
    "Signal",
    "Signals",
    "SignalsRequest",
    "Storage",
    "StorageEvent",
    "Symbol",
    "Target",
    "TierHolding",
    "Trade",
    "Trades",
    "TradingChange",
    "TradingState",
    "TrainingPlan",
    "TrainingSession",
]
