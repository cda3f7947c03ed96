"""The pages of jobs: what waits, runs and ended, and how far one job is."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from inventory.access.http import Request, wants_fragment
from inventory.access.routes import Scope, route
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.selectors import (
    counts_by_state,
    facts_of,
    jobs_page,
    links_of,
    percent_of,
    stages_of,
)
from inventory.jobs.services.again import BROKEN, may_try_again, try_again
from inventory.jobs.services.jobs import may_stop, request_cancel

UPKEEP: Final = "upkeep"
"""Stands where a state stands in the address, and is none: what the product did by itself."""


@require_GET
@route(Scope.SELF)
def job_list(request: Request) -> HttpResponse:
    """Show jobs, newest first; `?state=` narrows, `?state=upkeep` shows the planned ones, `?after=` pages."""
    wanted = request.GET.get("state", "")
    upkeep = wanted == UPKEEP
    state = State(wanted) if wanted in State.values else None
    page = jobs_page(principal=request.principal, state=state, after=request.GET.get("after", ""), upkeep=upkeep)
    counts = counts_by_state(principal=request.principal)
    context = {
        "page": page,
        "state": state,
        "upkeep": upkeep,
        "states": [(each, each.label, counts.get(each)) for each in State],
    }
    template = "_job_table.html" if wants_fragment(request) else "job_list.html"
    return render(request, f"jobs/{template}", context)


@require_GET
@route(Scope.SELF)
def job_detail(request: Request, job_id: UUID) -> HttpResponse:
    """Show one job: how far it is, how it ended and what came of it."""
    job = get_object_or_404(Job.objects.visible_to(request.principal), pk=job_id)
    return _render_job(request, job)


@require_POST
@route(Scope.SELF)
def job_stop(request: Request, job_id: UUID) -> HttpResponse:
    """Stop a job and show it as it is then."""
    job = get_object_or_404(Job.objects.visible_to(request.principal), pk=job_id)
    state = request_cancel(job=job, principal=request.principal, now=timezone.now())
    if wants_fragment(request):
        return _render_job(request, job)
    said = "The job is asked to stop." if state == State.RUNNING else f"The job is {state.label.lower()}."
    messages.success(request, said)
    return redirect("jobs:job", job_id=job.pk)


@require_POST
@route(Scope.SELF)
def job_again(request: Request, job_id: UUID) -> HttpResponse:
    """Let a job that failed wait for a worker once more, and show it as it is then."""
    job = get_object_or_404(Job.objects.visible_to(request.principal), pk=job_id)
    state = try_again(job=job, principal=request.principal, now=timezone.now())
    if wants_fragment(request):
        return _render_job(request, job)
    said = "The job is tried again." if state == State.QUEUED else f"The job is {state.label.lower()}."
    messages.success(request, said)
    return redirect("jobs:job", job_id=job.pk)


def _render_job(request: Request, job: Job) -> HttpResponse:
    context = {
        "job": job,
        "percent": percent_of(job),
        "stages": stages_of(job),
        "facts": facts_of(job),
        "links": links_of(job),
        "may_stop": job.is_live and job.cancel_requested_at is None and may_stop(job, request.principal),
        "may_try_again": job.state in BROKEN and may_try_again(job, request.principal),
    }
    template = "_job_progress.html" if wants_fragment(request) else "job_detail.html"
    return render(request, f"jobs/{template}", context)
