"""Addresses of sign-in and of what people set for themselves."""

from allauth.account import views as allauth_views
from allauth.mfa.base.views import AuthenticateView
from django.urls import include, path, re_path

from inventory.access.routes import Scope, declare
from inventory.access.views import (
    confirming,
    factors,
    invitations,
    passwords,
    people,
    security,
    settings,
    signing_in,
    teams,
    tokens,
    trail,
    welcome,
)

own = (
    [
        path("welcome/<str:token>/", welcome.welcome, name="welcome"),
        path("login/passkey/", signing_in.passkey, name="passkey-sign-in"),
        path("reauthenticate/options/", confirming.confirm_options, name="confirm-options"),
        path("settings/theme/", settings.theme, name="theme"),
        path("settings/profile/", settings.profile, name="profile"),
        path("settings/sign-in/", settings.sign_in_rules, name="sign-in-rules"),
        path("settings/security/", security.security, name="security"),
        path("settings/security/sessions/end/", security.end, name="session-end"),
        path("settings/security/app/", factors.app, name="app"),
        path("settings/security/app/image.svg", factors.app_image, name="app-image"),
        path("settings/security/passkey/", factors.passkey, name="passkey"),
        path("settings/security/passkey/options/", factors.passkey_options, name="passkey-options"),
        path("settings/security/codes/", factors.codes, name="codes"),
        path("settings/security/codes.txt", factors.codes_file, name="codes-file"),
        path("settings/security/factors/<int:number>/remove/", factors.remove, name="factor-remove"),
        path("settings/tokens/", tokens.tokens, name="tokens"),
        path("settings/tokens/new/", tokens.token_new, name="token-new"),
        path("settings/tokens/<str:code>/revoke/", tokens.token_revoke, name="token-revoke"),
        path("join/<str:token>/", invitations.join, name="join"),
        path("teams/", teams.teams, name="teams"),
        path("teams/<slug:slug>/", teams.team, name="team"),
        path("teams/<slug:slug>/rename/", teams.team_rename, name="team-rename"),
        path("teams/<slug:slug>/members/", teams.member_set, name="member-set"),
        path("teams/<slug:slug>/members/<str:code>/remove/", teams.member_remove, name="member-remove"),
        path("people/", people.people, name="people"),
        path("people/invitations/", invitations.invitations, name="invitations"),
        path("people/invitations/new/", invitations.invitation_new, name="invitation-new"),
        path("people/invitations/<str:code>/again/", invitations.invitation_again, name="invitation-again"),
        path("people/invitations/<str:code>/withdraw/", invitations.invitation_withdraw, name="invitation-withdraw"),
        path("people/<str:code>/", people.person, name="person"),
        path("people/<str:code>/roles/", people.role_grant, name="role-grant"),
        path("people/<str:code>/roles/<str:role>/revoke/", people.role_revoke, name="role-revoke"),
        path("people/<str:code>/tokens/<str:token>/revoke/", people.person_token_revoke, name="person-token-revoke"),
        path("people/<str:code>/factors/reset/", factors.reset, name="person-factors-reset"),
        path("people/<str:code>/leave/", people.person_leave, name="person-leave"),
        path("people/<str:code>/return/", people.person_return, name="person-return"),
        path("trail/", trail.trail, name="trail"),
        path("export/trail.csv", trail.trail_csv, name="trail-csv"),
    ],
    "access",
)

# Only what works here: no sign-up, no e-mail or phone pages. The names are allauth's.
urlpatterns = [
    path("", include(own)),
    path("login/", allauth_views.login, name="account_login"),
    path("login/confirm/", AuthenticateView.as_view(template_name="access/second_step.html"), name="mfa_authenticate"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("reauthenticate/", confirming.confirm, name="account_reauthenticate"),
    path("password/change/", passwords.change_password, name="account_change_password"),
    path("password/reset/", passwords.ask_for_reset, name="account_reset_password"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        passwords.from_key,
        name="account_reset_password_from_key",
    ),
]

declare("account_login", Scope.PUBLIC)
declare("account_logout", Scope.PUBLIC)
declare("mfa_authenticate", Scope.PUBLIC)
declare("account_reset_password_from_key", Scope.PUBLIC)
