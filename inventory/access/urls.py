"""Addresses of sign-in and of what people set for themselves."""

from allauth.account import views as allauth_views
from django.urls import include, path

from inventory.access.routes import Scope, declare
from inventory.access.views import passwords, settings, welcome

own = (
    [
        path("welcome/<str:token>/", welcome.welcome, name="welcome"),
        path("settings/theme/", settings.theme, name="theme"),
    ],
    "access",
)

# Only what works here: no sign-up, no e-mail or phone pages, no reset by mail. The names are allauth's.
urlpatterns = [
    path("", include(own)),
    path("login/", allauth_views.login, name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", passwords.change_password, name="account_change_password"),
]

declare("account_login", Scope.PUBLIC)
declare("account_logout", Scope.PUBLIC)
declare("account_reauthenticate", Scope.SELF)
