"""Looking around for what people should be told: every look finds the same again, and what was told is told once.

Each source says whom it concerns, with a key that is the same in every look. Many of a kind within an hour or a day
are one line with a number.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDay, TruncHour
from django.urls import reverse

from findings.models import Assignment, Decision, Due, Pause
from findings.status import DecisionKind, SeverityRank
from incidents.choices import ClockState, Seat, State, TaskState
from incidents.models import Clock, Episode, Incident, IncidentTask, Participant, TriageStep
from incidents.transitions.clocks import RULES
from inventory.jobs.choices import State as JobState
from inventory.jobs.models import Job
from posture.choices import NoticeKind
from posture.services.hearers import Hearers

BACK: Final = timedelta(days=2)
"""How far each look goes back: a product that stood still for that long misses nothing."""
NEAR: Final = timedelta(days=2)
MARKS: Final = ((1.0, "is over"), (0.9, "90 % used"), (0.75, "75 % used"), (0.5, "half used"))
WATCHING: Final = (Seat.COMMANDER, Seat.DEPUTY, Seat.PRIVACY, Seat.LEGAL)
IMPORTS: Final = ("findings.report", "findings.report_anew", "findings.log", "incidents.alerts",
                  "inventory.specification", "connections.run")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line for one person."""

    user_id: int
    kind: NoticeKind
    key: str
    text: str
    url: str
    at: datetime
    count: int = 1


def look_around(*, now: datetime) -> Iterator[Told]:
    """Yield everything there is to tell as of now, told before or not."""
    hearers = Hearers(now)
    for source in SOURCES:
        yield from source(hearers, now)


def _assigned(hearers: Hearers, now: datetime) -> Iterator[Told]:
    recent = Assignment.objects.filter(at__gte=now - BACK, at__lte=now)
    rows = recent.annotate(hour=TruncHour("at", tzinfo=UTC)).values("assignee_id", "hour")
    for row in rows.annotate(n=Count("pk"), last=Max("at"), code=Max("finding__code")):
        one = row["n"] == 1
        yield Told(
            user_id=row["assignee_id"], kind=NoticeKind.ASSIGNED, key=f"findings {row['hour']:%Y%m%d%H}",
            text=f"{row['code']} was assigned to you" if one else f"{row['n']:,} findings were assigned to you",
            url=reverse("posture:finding", args=[row["code"]]) if one else reverse("posture:findings"),
            at=row["last"], count=row["n"],
        )  # fmt: skip
    steps = TriageStep.objects.filter(at__gte=now - BACK, act="assigned", assignee__isnull=False)
    for step in steps.exclude(assignee=F("by")).select_related("episode"):
        yield Told(
            user_id=step.assignee_id or 0, kind=NoticeKind.ASSIGNED, key=f"alert {step.pk}", at=step.at,
            text=f"The alert {step.episode.code} was assigned to you: {step.episode.title}",
            url=reverse("incidents:alert", args=[step.episode.code]),
        )  # fmt: skip
    tasks = IncidentTask.objects.filter(created_at__gte=now - BACK, assignee__isnull=False)
    for task in tasks.exclude(assignee=F("created_by")).select_related("incident"):
        yield _of_task(task, NoticeKind.ASSIGNED, "task", "Your task", task.created_at, hearers)


def _of_task(task: IncidentTask, kind: NoticeKind, key: str, what: str, at: datetime, hearers: Hearers) -> Told:
    """Return what is told of a task; who may not see its incident is sent to their own notices."""
    principal = hearers.principal(task.assignee_id or 0)
    sees = principal is not None and Incident.objects.visible_to(principal).filter(pk=task.incident_id).exists()
    code = task.incident.code
    url = f"{reverse('incidents:incident', args=[code])}#tasks" if sees else reverse("posture:notices")
    return Told(
        user_id=task.assignee_id or 0, kind=kind, key=f"{key} {task.pk}", at=at, url=url,
        text=f"{what} in {code}: {task.title}",
    )  # fmt: skip


def _clocks(_hearers: Hearers, now: datetime) -> Iterator[Told]:
    for clock in Clock.objects.filter(state=ClockState.RUNNING.value).select_related("incident"):
        used = (now - clock.aware_at) / (clock.due_at - clock.aware_at)
        passed = next(((share, words) for share, words in MARKS if used >= share), None)
        if passed is None:
            continue
        there = Participant.objects.filter(
            incident=clock.incident_id, until=None, seat__in=[seat.value for seat in WATCHING], user__is_active=True
        )
        for user_id in set(there.values_list("user_id", flat=True)):
            yield Told(
                user_id=user_id, kind=NoticeKind.DEADLINE, key=f"clock {clock.pk} {clock.version} {passed[0]}",
                text=f"{RULES[clock.rule].name}: the time {passed[1]}, due {clock.due_at.astimezone(UTC):%d %b, %H:%M} "
                f"UTC, in {clock.incident.code}", at=now, url=reverse("incidents:incident", args=[clock.incident.code]),
            )  # fmt: skip


def _tasks(hearers: Hearers, now: datetime) -> Iterator[Told]:
    todo = IncidentTask.objects.filter(state=TaskState.TODO.value, assignee__is_active=True)
    for task in todo.filter(due_at__lte=now + timedelta(days=1), due_at__gte=now - BACK).select_related("incident"):
        over = task.due_at is not None and task.due_at <= now
        what = "Overdue, your task" if over else "Due within a day, your task"
        yield _of_task(task, NoticeKind.DEADLINE, "task over" if over else "task soon", what, now, hearers)


def _findings_due(hearers: Hearers, now: datetime) -> Iterator[Told]:
    """Tell who works on findings or owns their API of those that came near or became overdue, day by day."""
    for what, words, shift in (("over", "became overdue", timedelta()), ("soon", "due within two days", NEAR)):
        crossed = Due.objects.filter(due_at__gt=now + shift - BACK, due_at__lte=now + shift)
        if what == "soon":
            crossed = crossed.filter(due_at__gt=now)
        rows = crossed.annotate(
            who=Coalesce("finding__assignment__assignee", "api__owner"), day=TruncDay("due_at", tzinfo=UTC)
        ).exclude(who=None)
        grouped = list(rows.values("who", "day", "api_id").annotate(n=Count("pk"), code=Max("finding__code")))
        hearers.know_apis(row["api_id"] for row in grouped if row["api_id"])
        sums, codes = Counter[tuple[int, datetime]](), {}
        for row in grouped:
            if hearers.seers([row["who"]], row["api_id"]):
                sums[row["who"], row["day"]] += row["n"]
                codes[row["who"], row["day"]] = row["code"]
        for (who, day), n in sums.items():
            code, one = codes[who, day], n == 1
            subject = f"{code}, yours," if one else f"{n:,} findings of yours"
            verb = "" if what == "over" else "is " if one else "are "
            yield Told(
                user_id=who, kind=NoticeKind.DEADLINE, key=f"findings {what} {day:%Y%m%d}", at=now, count=n,
                text=f"{subject} {verb}{words}",
                url=reverse("posture:finding", args=[code]) if one else reverse("posture:findings"),
            )  # fmt: skip


def _pauses(hearers: Hearers, now: datetime) -> Iterator[Told]:
    """Tell who works on findings or owns their API that clocks stand, or run again: not who saw to it."""
    begun = Pause.objects.filter(at__gte=now - BACK, at__lte=now).annotate(moment=F("at"))
    over = Pause.objects.filter(ended_at=None, until__gte=now - BACK, until__lte=now).annotate(moment=F("until"))
    for what, verbs, rows in (("stand", ("stands", "stand"), begun), ("run", ("runs again", "run again"), over)):
        told = rows.annotate(
            who=Coalesce("finding__assignment__assignee", "finding__api__owner"), hour=TruncHour("moment", tzinfo=UTC)
        ).exclude(who=None)
        if what == "stand":
            told = told.exclude(who=F("by"))
        grouped = list(
            told.values("who", "hour", "finding__api").annotate(
                n=Count("pk"), last=Max("moment"), code=Max("finding__code"), until=Max("until")
            )
        )
        hearers.know_apis(row["finding__api"] for row in grouped if row["finding__api"])
        sums, one_of = Counter[tuple[int, datetime]](), {}
        for row in grouped:
            if hearers.seers([row["who"]], row["finding__api"]):
                sums[row["who"], row["hour"]] += row["n"]
                one_of[row["who"], row["hour"]] = row
        for (who, hour), n in sums.items():
            row, one = one_of[who, hour], n == 1
            subject = f"The clock of {row['code']}" if one else f"The clocks of {n:,} findings of yours"
            until = f" until {row['until'].astimezone(UTC):%d %b %Y}" if one and what == "stand" else ""
            yield Told(
                user_id=who, kind=NoticeKind.DEADLINE, key=f"clocks {what} {hour:%Y%m%d%H}", at=row["last"], count=n,
                text=f"{subject} {verbs[n > 1]}{until}",
                url=reverse("posture:finding", args=[row["code"]]) if one else f"{reverse('posture:queue')}?step=all",
            )  # fmt: skip


def _acceptances(hearers: Hearers, now: datetime) -> Iterator[Told]:
    asked = Decision.objects.waiting(now=now).filter(at__gte=now - BACK)
    rows = asked.annotate(hour=TruncHour("at", tzinfo=UTC), on=Coalesce("api", "finding__api"))
    grouped = list(
        rows.values("hour", "on", "by_id").annotate(n=Count("pk"), last=Max("at"), code=Max("finding__code"))
    )
    hearers.know_apis(row["on"] for row in grouped if row["on"])
    sums, last, codes = Counter[tuple[int, datetime]](), {}, {}
    for row in grouped:
        for user_id in hearers.answerers(row["on"]) - {row["by_id"]}:
            place = user_id, row["hour"]
            sums[place] += row["n"]
            last[place], codes[place] = row["last"], row["code"]
    for (user_id, hour), n in sums.items():
        code = codes[user_id, hour]
        one = n == 1 and code
        yield Told(
            user_id=user_id, kind=NoticeKind.ACCEPTANCE, key=f"asked {hour:%Y%m%d%H}", at=last[user_id, hour], count=n,
            text=f"An acceptance of {code} waits for an answer" if one else f"{n:,} acceptances wait for an answer",
            url=reverse("posture:finding", args=[code]) if one else reverse("posture:findings"),
        )  # fmt: skip
    ending = Decision.objects.filter(
        kind=DecisionKind.ACCEPTED, answer=None, until__gt=now, until__lte=now + timedelta(days=7), about__isnull=False
    )
    ends = ending.annotate(day=TruncDay("until", tzinfo=UTC)).values("about__by_id", "day")
    for end in ends.annotate(n=Count("pk"), code=Max("finding__code")):
        n, code = end["n"], end["code"]
        one = n == 1 and code
        what = f"The acceptance of {code}" if one else f"{n:,} acceptances"
        yield Told(
            user_id=end["about__by_id"], kind=NoticeKind.ACCEPTANCE, key=f"ends {end['day']:%Y%m%d}", at=now, count=n,
            text=f"{what} you asked for {'ends' if one else 'end'} on {end['day']:%d %b %Y}",
            url=reverse("posture:finding", args=[code]) if one else reverse("posture:findings"),
        )  # fmt: skip


def _alerts(hearers: Hearers, now: datetime) -> Iterator[Told]:
    fresh = Episode.objects.live().filter(
        state=State.NEW.value, severity__gte=SeverityRank.HIGH, recorded_at__gte=now - BACK, api__isnull=False
    )
    rows = fresh.annotate(hour=TruncHour("recorded_at", tzinfo=UTC)).values(
        "hour", "api_id", "api__code", "api__name", "api__owner_id", "api__deputy_id"
    )
    grouped = list(rows.annotate(n=Count("pk"), last=Max("recorded_at")))
    hearers.know_apis(row["api_id"] for row in grouped)
    for row in grouped:
        for user_id in hearers.seers({row["api__owner_id"], row["api__deputy_id"]}, row["api_id"]):
            many = f"{row['n']:,} new alerts, critical or high," if row["n"] > 1 else "A new alert, critical or high,"
            yield Told(
                user_id=user_id, kind=NoticeKind.ALERT, key=f"alerts {row['api_id']} {row['hour']:%Y%m%d%H}",
                text=f"{many} on {row['api__name']}", count=row["n"], at=row["last"],
                url=f"{reverse('incidents:alerts')}?api={row['api__code']}",
            )  # fmt: skip


def _incidents(_hearers: Hearers, now: datetime) -> Iterator[Told]:
    joined = Participant.objects.filter(since__gte=now - BACK, until=None, user__is_active=True)
    own = Q(user=F("incident__declared_by"), since=F("incident__declared_at"))
    for row in joined.exclude(own).select_related("incident"):
        seat = f" as {Seat(row.seat).within}" if row.seat else ""
        yield Told(
            user_id=row.user_id, kind=NoticeKind.INCIDENT, key=f"joined {row.pk}", at=row.since,
            text=f"You are in the room of {row.incident.code}{seat}: {row.incident.title}",
            url=reverse("incidents:incident", args=[row.incident.code]),
        )  # fmt: skip


def _uncommanded(hearers: Hearers, now: datetime) -> Iterator[Told]:
    command = Participant.objects.filter(incident=OuterRef("pk"), seat=Seat.COMMANDER.value)
    last = command.filter(until__isnull=False).order_by("-until").values("until")
    live = Incident.objects.filter(~Exists(command.filter(until=None)), ended_at=None)
    fresh: Any = live.annotate(at=Coalesce(Subquery(last[:1]), F("declared_at"))).filter(at__gte=now - BACK)
    found = {incident.pk: incident for incident in fresh}
    for user_id in hearers.commanders() if found else ():
        principal = hearers.principal(user_id)
        if principal is None:
            continue
        for pk in Incident.objects.visible_to(principal).filter(pk__in=found).values_list("pk", flat=True):
            incident = found[pk]
            yield Told(
                user_id=user_id, kind=NoticeKind.INCIDENT, key=f"uncommanded {pk} {incident.at:%Y%m%d%H%M%S}",
                text=f"Nobody commands {incident.code}: {incident.title}", at=incident.at,
                url=reverse("incidents:incident", args=[incident.code]),
            )  # fmt: skip


def _imports(_hearers: Hearers, now: datetime) -> Iterator[Told]:
    broken = Job.objects.filter(
        state__in=[JobState.FAILED, JobState.QUARANTINED], kind__in=IMPORTS, finished_at__gte=now - BACK,
        user__is_active=True,
    )  # fmt: skip
    rows = broken.annotate(hour=TruncHour("finished_at", tzinfo=UTC)).values("user_id", "hour")
    for row in rows.annotate(n=Count("pk"), last=Max("finished_at"), title=Max("title")):
        one = row["n"] == 1
        yield Told(
            user_id=row["user_id"], kind=NoticeKind.IMPORT, key=f"failed {row['hour']:%Y%m%d%H}", at=row["last"],
            text=f"An import failed: {row['title']}" if one else f"{row['n']:,} imports failed", count=row["n"],
            url=reverse("jobs:jobs"),
        )  # fmt: skip


SOURCES: Final[tuple[Callable[[Hearers, datetime], Iterator[Told]], ...]] = (
    _assigned, _clocks, _tasks, _findings_due, _pauses, _acceptances, _alerts, _incidents, _uncommanded,
    _imports,
)  # fmt: skip
