"""The roof's jobs: scores after a cause, when decay crosses a band, and all of them once a day."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from inventory.access.errors import AccessRefused
from inventory.jobs.choices import Queue
from inventory.jobs.records import JobFailed, Run
from inventory.jobs.registry import handler, scheduled
from posture.services.asking import JUDGE, SCORE, SCORE_ALL, ask_for_all_scores, ask_to_judge, asked_of
from posture.services.comply import comply_apis
from posture.services.crossings import plan_crossings
from posture.services.demo.loading import KIND as DEMO
from posture.services.demo.loading import take_step
from posture.services.fixes import write_fixes
from posture.services.notices import MAIL, forget, plan_mails, send, store
from posture.services.noticing import look_around
from posture.services.papers import PAPER, make_paper
from posture.services.rescore import score_apis
from posture.services.trends import TREND, write_trend


@handler(kind=SCORE, queue=Queue.SHORT, label="Score APIs", upkeep=True)
def score(run: Run) -> dict[str, Any]:
    """Score the APIs of the arguments."""
    return _score(run, asked_of(run.arguments))


@scheduled(name="posture.scores", daily=time(2, 40))
@handler(kind=SCORE_ALL, queue=Queue.BULK, label="Score all APIs")
def score_all(run: Run) -> dict[str, Any]:
    """Without APIs in the arguments, write one job for each batch of all APIs; with them, score those."""
    if "api_ids" not in run.arguments:
        return {"batches": ask_for_all_scores(now=run.now)}
    return _score(run, dict.fromkeys(run.arguments["api_ids"], "time passed"))


def _score(run: Run, causes: dict[int, str]) -> dict[str, Any]:
    result = score_apis(api_ids=causes, cause=causes, now=run.now)
    plan_crossings(api_ids=causes, now=run.now)
    ask_to_judge(api_ids=causes, moved=[scored.api_id for scored in result.apis if scored.changed], now=run.now)
    return {"scored": len(result.apis), "changed": result.changed}


@handler(kind=JUDGE, queue=Queue.SHORT, label="Judge APIs by what was found", upkeep=True)
def judge(run: Run) -> dict[str, Any]:
    """Say what fixing buys of those that moved, and which requirements the APIs of the arguments meet."""
    fixes = write_fixes(api_ids=run.arguments["moved"])
    return {"fixes": fixes, "changed": comply_apis(api_ids=run.arguments["api_ids"], now=run.now)}


@handler(kind=DEMO, queue=Queue.SHORT, label="Load the demo", upkeep=True)
def load_demo(run: Run) -> dict[str, Any]:
    """Take one step of loading the demo."""
    return take_step(step=run.arguments["step"], now=run.now)


@scheduled(name="posture.notices", every=timedelta(minutes=1))
@handler(kind="posture.notices", queue=Queue.SHORT, label="Look for what people should be told")
def notice(run: Run) -> dict[str, Any]:
    """Keep what is new to people, and write the mails whose hour it is."""
    return {"lines": store(look_around(now=run.now)), "mails": plan_mails(now=run.now)}


@handler(kind=MAIL, queue=Queue.SHORT, label="Mail what is new to somebody", upkeep=True)
def mail(run: Run) -> dict[str, Any]:
    """Send one mail."""
    return {"note": send(mail_id=UUID(run.arguments["mail"]))}


@scheduled(name="posture.forget_notices", daily=time(3, 10))
@handler(kind="posture.forget_notices", queue=Queue.SHORT, label="Forget notices read long ago")
def forget_notices(run: Run) -> dict[str, Any]:
    """Let go of old notices."""
    return {"forgotten": forget(now=run.now)}


@scheduled(name="posture.trend", every=timedelta(minutes=10))
@handler(kind=TREND, queue=Queue.BULK, label="See how findings went")
def trend(run: Run) -> dict[str, Any]:
    """Make the weeks of the overview anew."""
    return {"rows": write_trend(now=run.now)}


@handler(kind=PAPER, queue=Queue.BULK, label="Write a report", stages=("Collect the results", "Write the file"))
def paper(run: Run) -> dict[str, Any]:
    """Write the report of the arguments."""
    try:
        made = make_paper(run)
    except AccessRefused as refusal:
        raise JobFailed(str(refusal)) from refusal
    link = {"label": made.name, "url": reverse("posture:export-paper", args=[made.code])}
    return {"digest": made.digest, "links": [link]}
