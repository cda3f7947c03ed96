"""Passwords: changed by who has one."""

from allauth.account import views as allauth_views
from django.http.response import HttpResponseBase
from django.shortcuts import render

from inventory.access.http import Request
from inventory.access.models import User
from inventory.access.routes import Scope, route


@route(Scope.SELF)
def change_password(request: Request) -> HttpResponseBase:
    """Change the password of somebody who has one; an identity provider's people change it there."""
    if isinstance(request.user, User) and not request.user.has_usable_password():
        return render(request, "account/no_password.html")
    answer: HttpResponseBase = allauth_views.password_change(request)
    return answer
