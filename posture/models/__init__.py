"""How we stand: scores as they were, the score of now, and what they add up to."""

from posture.models.compliance import Compliance, Paper, PaperQuerySet
from posture.models.demo import DemoInstall
from posture.models.notices import Notice, NoticeMail, NoticeQuerySet, NoticeWish
from posture.models.scores import (
    ApiScore,
    CurrentScore,
    Fix,
    OfApiQuerySet,
    Portfolio,
    PortfolioQuerySet,
    ScoreModel,
    Trend,
    TrendQuerySet,
)
from posture.models.views import FirstView, SavedView, SavedViewQuerySet

__all__ = [
    "ApiScore",
    "Compliance",
    "CurrentScore",
    "DemoInstall",
    "FirstView",
    "Fix",
    "Notice",
    "NoticeMail",
    "NoticeQuerySet",
    "NoticeWish",
    "OfApiQuerySet",
    "Paper",
    "PaperQuerySet",
    "Portfolio",
    "PortfolioQuerySet",
    "SavedView",
    "SavedViewQuerySet",
    "ScoreModel",
    "Trend",
    "TrendQuerySet",
]
