"""The services as a run knows them: more may be asked of them than a session does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from actors.ingestion import AskIngestion
from actors.news import AskNews
from actors.paper_trading import AskPaperTrading
from actors.pattern_analysis import AskPatternAnalysis
from actors.pattern_recognition import AskPatternRecognition
from actors.technical_analysis import AskTechnicalAnalysis
from trading.cycle.services import Services
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


def look_back(services: PlatformServices, session: date) -> Seen:
    """The session's bars, and market and patterns of the whole history, as known at the close of the session."""
    batch = services.ingestion.deliver(session)
    market = services.technical_analysis.observe(session, batch.later)
    known = services.news.known_at(session)
    return Seen(batch, market, services.pattern_recognition.recognise(session, market.later, known.later))
