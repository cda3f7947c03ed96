"""How allauth works here: nobody signs up, and every answer is a page."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from inventory.access.seals import open_text, seal_text


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
        """Go back to where one's sign-in is set up."""
        return reverse("access:security")


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seals what second factors are made of, and says errors in our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This did not match. Try again with the code or passkey of this account.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret. Allauth does not say whose it is, so the seal is bound to its use and not to its row."""
        return seal_text(text, keys=settings.SEAL_KEYS, bound_to="second factor")

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret. Raises BrokenSealError where the key is gone: the factor is to be set up again."""
        return open_text(encrypted_text, keys=settings.SEAL_KEYS, bound_to="second factor")

    def get_totp_issuer(self) -> str:
        """Return the name an authenticator app shows."""
        return f"Posture ({settings.ORGANISATION_NAME})"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return who asks for a passkey: the host of the page, since the browser takes no other."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Posture"}
