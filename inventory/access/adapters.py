"""How allauth works here: nobody signs up, and every answer is a page."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes the sign-up and says errors in our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Email or password is wrong.",
        "incorrect_password": "The password is wrong.",
        "enter_current_password": "The present password is wrong.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature
        """Say no: people are made by an administrator, or by the one-time link."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature
        """Say no, so that no page has a second form as JSON."""
        return False

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:  # noqa: ARG002 -- as above
        """Tell somebody who knew the password that the account is closed; nobody else learns it."""
        return render(request, "account/account_inactive.html", status=403)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002 -- allauth's signature
        """Go home once the password is changed."""
        return "/"
