"""Allauth's forms in our look."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

PASSWORD_HINT = "At least 12 characters; a sentence is fine."  # noqa: S105 -- says how one must be


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self, login="username webauthn")
        # After a wrong password the address stands, so the password is what is to be written again.
        self.fields["password" if self.is_bound else "login"].widget.attrs["autofocus"] = True

    @property
    def sends_mail(self) -> bool:
        """Whether a lost password can be set anew by mail."""
        return bool(settings.SENDS_MAIL)

    def clean(self) -> dict[str, Any]:
        """Say at the password that the two do not fit, so that the reader of a screen hears it there."""
        try:
            super().clean()
        except ValidationError as error:
            self.add_error("password", error)
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


class ReauthenticateForm(allauth_forms.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["password"].widget.attrs["autofocus"] = True


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The present password and the new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["oldpassword"].label = "Present password"
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = "New password again"


class AskResetForm(forms.Form):
    """The address whose password is lost."""

    email = forms.EmailField(
        label="Email",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input lg", "autocomplete": "username", "autofocus": True}),
    )


class ResetPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """The new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = "New password again"


def _dress(form: forms.Form, **autocomplete: str) -> None:
    """Give allauth's fields our class and take its hints and placeholders, which repeat what the page says."""
    for name, field in form.fields.items():
        field.help_text = ""
        field.widget.attrs["class"] = "input lg"
        field.widget.attrs.pop("placeholder", None)
        if name in autocomplete:
            field.widget.attrs["autocomplete"] = autocomplete[name]
