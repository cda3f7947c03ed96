"""Lists as people want to see them again."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from inventory.access.models import Team
from inventory.access.records import Principal
from posture.choices import ListName


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Questions about saved views."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to the principal's own and those shared with its teams; the views of others are nobody else's."""
        return self.filter(Q(owner=principal.user_id) | Q(team__in=principal.team_ids))


class SavedView(models.Model):
    """A list as somebody wants to see it again: a name for the part of the address after the question mark.

    Private, or shared with one team of its owner.
    """

    code = models.CharField(max_length=16, unique=True)
    listed = models.CharField(max_length=12, choices=ListName)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "listed", "name"], name="saved_view_once")]

    @override
    def __str__(self) -> str:
        return self.name


class FirstView(models.Model):
    """The saved view somebody sees first when they open a list; one for each list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    listed = models.CharField(max_length=12, choices=ListName)
    view = models.ForeignKey(SavedView, on_delete=models.PROTECT, related_name="first_for")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "listed"], name="first_view_once")]

    @override
    def __str__(self) -> str:
        return f"{self.view} first"
