"""The services as a run knows them: more may be asked of them than a session does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from actors.ingestion import AskIngestion
from actors.news import AskNews
from actors.paper_trading import AskPaperTrading
from actors.pattern_analysis import AskPatternAnalysis
from actors.pattern_recognition import AskPatternRecognition
from actors.technical_analysis import AskTechnicalAnalysis
from trading.cycle.questions import Local
from trading.cycle.services import AskEnsemble, AskScanner, Services
from trading.cycle.session import Seen


@dataclass(frozen=True)
class PlatformServices(Services):
    """The services of the platform."""

    ingestion: AskIngestion
    news: AskNews
    technical_analysis: AskTechnicalAnalysis
    pattern_recognition: AskPatternRecognition
    pattern_analysis: AskPatternAnalysis
    paper_trading: AskPaperTrading


def in_this_process(made: Mapping[str, Any]) -> PlatformServices:
    """Services that were made in this process, by name, as a session asks them; `ensemble` is among them."""
    there = {name: Local(service) for name, service in made.items()}
    return PlatformServices(
        ingestion=AskIngestion(there["ingestion"]),
        news=AskNews(there["news"]),
        technical_analysis=AskTechnicalAnalysis(there["technical_analysis"]),
        pattern_recognition=AskPatternRecognition(there["pattern_recognition"]),
        pattern_analysis=AskPatternAnalysis(there["pattern_analysis"]),
        scanner=AskScanner(there["scanner"]),
        paper_trading=AskPaperTrading(there["paper_trading"]),
        ensemble=AskEnsemble(there["ensemble"]),
    )


def look_back(services: PlatformServices, session: date) -> Seen:
    """The session's bars, and market and patterns of the whole history, as known at the close of the session."""
    batch = services.ingestion.deliver(session)
    market = services.technical_analysis.observe(session, batch.later)
    known = services.news.known_at(session)
    return Seen(batch, market, services.pattern_recognition.recognise(session, market.later, known.later))
