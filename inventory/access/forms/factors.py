"""Codes and passkeys, as people give them."""

import hashlib
from typing import Any, Final

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as allauth_passkeys
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.core.cache import cache
from typing_extensions import override

from inventory.access.seals import BrokenSealError

LIFE_OF_CODE: Final = 90
"""Seconds a code of an app is taken for: its own half minute, the one before and the one after."""
UNOPENED: Final = "Your second factor cannot be checked here any more. Ask an administrator to reset it."
WRONG: Final = "incorrect_code"
"""What is said of a used code too: the same as of a wrong one."""
CODE_ATTRIBUTES: Final = {
    "class": "input otp",
    "inputmode": "numeric",
    "autocomplete": "one-time-code",
    "maxlength": "20",
    "autofocus": True,
}


class CodeInput(forms.TextInput):
    """A field that comes back empty: a wrong code is written anew, not mended."""

    @override
    def format_value(self, value: Any) -> None:
        """Return nothing to show."""


class CodeForm(allauth_forms.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """A code of the authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code"
        self.fields["code"].help_text = "Six digits from your authenticator app, or one of your recovery codes."
        self.fields["code"].widget = CodeInput(attrs=dict(CODE_ATTRIBUTES))

    def clean_code(self) -> str:
        """Take each code once, however it is spelt: allauth forgets a used one while a neighbour's clock takes it."""
        try:
            code: str = super().clean_code()
        except BrokenSealError as error:
            raise forms.ValidationError(UNOPENED) from error
        digest = hashlib.sha256(normalize_user_code(code).encode()).hexdigest()
        is_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_app and not cache.add(f"factor-used:{self.user.pk}:{digest}", 1, timeout=LIFE_OF_CODE):
            raise get_adapter().validation_error(WRONG)
        return code


class ConfirmCodeForm(allauth_forms.ReauthenticateForm, CodeForm):  # type: ignore[misc]  # as above
    """A code once more, from somebody who is signed in."""


class AppForm(forms.Form):
    """The first code of an authenticator app, which proves that it was set up."""

    code = forms.CharField(
        label="Code from the app", help_text="Six digits.", widget=CodeInput(attrs=dict(CODE_ATTRIBUTES))
    )


class CredentialField(forms.JSONField):
    """What a browser answered; of JSON that Python cannot hold Django's own field would fail."""

    @override
    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise get_adapter().validation_error(WRONG) from error

    @override
    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return nothing to show: an answer is given once."""


class PasskeyForm(forms.Form):
    """What the browser answered, and what the person calls the passkey."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        required=False,
        help_text="So that you know it again: this laptop, blue key.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "autofocus": True}),
    )
    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> dict[str, Any]:
        """Check the answer against the question in the session, and that the passkey asked for a PIN or a finger."""
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict):
            raise get_adapter().validation_error(WRONG)
        try:
            webauthn.parse_registration_response(credential)
            is_verified = webauthn.complete_registration(credential).is_user_verified()
        except (ValueError, KeyError) as error:
            raise get_adapter().validation_error(WRONG) from error
        if not is_verified:
            raise get_adapter().validation_error(WRONG)
        return credential


class ConfirmPasskeyForm(allauth_passkeys.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    """A passkey once more, from somebody who is signed in."""

    credential = CredentialField(widget=forms.HiddenInput)


class SignInPasskeyForm(allauth_passkeys.LoginWebAuthnForm):  # type: ignore[misc]  # as above
    """A passkey from somebody who is not signed in yet."""

    credential = CredentialField(widget=forms.HiddenInput)
