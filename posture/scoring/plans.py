"""The plan: which finding to fix first, and what each further fix buys after the ones before it.

Classes add, so only the class that was touched changes, and inside a class the largest is always the best to take: of
two neighbours h_i >= h_(i+1) the first saves (h_i - h_(i+1)) / i more. So the best step is the best of the classes'
first ones, and equal findings of a class are one run, whatever their number.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import groupby
from math import fsum

from posture.records import ApiFacts, ClassFix, Run, Step
from posture.scoring.hazards import exposure, impact
from posture.scoring.scores import OPEN, around_of, classes_of, value
from posture.scoring.weights import VERSION_1, Weights


class Harmonics:
    """H(n) = 1 + 1/2 + ... + 1/n, kept as far as it was asked for."""

    def __init__(self) -> None:
        self._sums = [0.0]

    def between(self, first: int, last: int) -> float:
        """Return 1/first + ... + 1/last."""
        while len(self._sums) <= last:
            self._sums.append(self._sums[-1] + 1.0 / len(self._sums))
        return self._sums[last] - self._sums[first - 1]


class ClassQueue:
    """One class of findings, from which the largest is taken again and again; `hazard` is what the rest adds to H."""

    def __init__(self, group: str, runs: Sequence[Run], harmonics: Harmonics) -> None:
        self.group = group
        self._runs = runs
        self._harmonics = harmonics
        self._run = 0
        self._taken = 0
        self.hazard = self._rest = self._sum()
        self.name = ""
        self._look()

    @property
    def saves(self) -> float:
        """Return by how much H falls without the first finding; 0 when none is left that is worth a step."""
        return self.hazard - self._rest

    def take(self) -> None:
        """Remove the first finding; `name` and what it saves are then those of the next one."""
        self._taken += 1
        if self._taken == self._runs[self._run].count:
            self._run, self._taken = self._run + 1, 0
        self.hazard = self._rest
        self._look()

    def _look(self) -> None:
        if self._run < len(self._runs) and self._taken < len(self._runs[self._run].names):
            self.name = self._runs[self._run].names[self._taken]
            self._rest = self._sum(skip=1)

    def _sum(self, *, skip: int = 0) -> float:
        """Return what the class adds to H without its first `skip` findings."""
        total, place = 0.0, 0
        skip += self._taken
        for run in self._runs[self._run :]:
            count = max(run.count - skip, 0)
            skip = max(skip - run.count, 0)
            if count:
                total += run.hazard * self._harmonics.between(place + 1, place + count)
            place += count
        return total


def plan(facts: ApiFacts, weights: Weights = VERSION_1) -> Iterator[Step]:
    """Yield the fixes of an API, each the best of those that remain; findings that buy nothing are left out.

    What alerts and incidents add stays: it is not fixed but decays, and is closed by those who handle it.
    """
    classes = {}
    for group, members in classes_of(facts.findings, weights, OPEN).items():
        alike = [(hazard, list(same)) for hazard, same in groupby(members, key=lambda member: member[0])]
        classes[group] = [
            Run(hazard=hazard, count=len(same), names=[f"finding:{finding.id}" for _, finding in same])
            for hazard, same in alike
        ]
    return plan_runs(
        classes,
        around=fsum(each.share for each in around_of(facts, weights)),
        exposed=exposure(facts, weights),
        impact=impact(facts, weights),
    )


def plan_runs(classes: Mapping[str, Sequence[Run]], *, around: float, exposed: float, impact: float) -> Iterator[Step]:
    """Yield the steps for classes of runs, largest hazard first; `around` is what alerts and incidents add to H.

    Lazy: each step costs the runs of one class. A class ends where the names of its runs do.
    """
    harmonics = Harmonics()
    queues = [ClassQueue(group, runs, harmonics) for group, runs in classes.items()]
    hazard = fsum((around, *(queue.hazard for queue in queues)))
    heap = [(-queue.saves, queue.name, number) for number, queue in enumerate(queues) if queue.saves > 0]
    heapify(heap)
    score = value(hazard, exposed=exposed, impact=impact)
    while heap:
        _, name, number = heap[0]
        best = queues[number]
        # Never below what no fix removes, which sums of floating point may miss by a hair.
        hazard = max(around, hazard - best.saves)
        after = value(hazard, exposed=exposed, impact=impact)
        yield Step(name=name, group=best.group, gain=score - after, score=after)
        score = after
        best.take()
        if best.saves > 0:
            heapreplace(heap, (-best.saves, best.name, number))
        else:
            heappop(heap)


def best_class(
    classes: Mapping[str, Sequence[Run]], *, around: float, exposed: float, impact: float
) -> ClassFix | None:
    """Return the class whose findings, fixed together, take most off the score; None when no finding weighs anything.

    Ties go to the first in the alphabet.
    """
    harmonics = Harmonics()
    hazards = {group: ClassQueue(group, runs, harmonics).hazard for group, runs in classes.items()}
    group = min(hazards, key=lambda name: (-hazards[name], name), default="")
    if not hazards.get(group):
        return None
    rest = fsum((around, *(hazard for name, hazard in hazards.items() if name != group)))
    count = sum(run.count for run in classes[group] if run.hazard > 0)
    return ClassFix(group=group, count=count, score=value(rest, exposed=exposed, impact=impact))
