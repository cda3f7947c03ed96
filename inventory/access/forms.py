"""What people fill in about themselves, and allauth's forms in our look."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from typing_extensions import override

from inventory.access.choices import Theme
from inventory.access.models import User
from inventory.access.zones import zones

PASSWORD_HINT = "At least 12 characters; a sentence is fine."  # noqa: S105 -- says how one must be


class WelcomeForm(forms.Form):
    """The first administrator."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"class": "input lg", "autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Email",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input lg", "autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"class": "input lg", "autocomplete": "new-password"}),
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name) for name in zones()],
        initial="UTC",
        widget=forms.Select(attrs={"class": "input lg"}),
    )

    @override
    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, the person's own name and address among them."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class ThemeForm(forms.Form):
    """The colours somebody wants to see, and the page they were on."""

    theme = forms.TypedChoiceField(choices=Theme.choices, coerce=Theme)
    next = forms.CharField(required=False)


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self, login="username webauthn")

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


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The present password and the new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["oldpassword"].label = "Present password"
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = "New password again"


def _dress(form: forms.Form, **autocomplete: str) -> None:
    """Give allauth's fields our class and take its placeholders, which repeat the label."""
    for name, field in form.fields.items():
        field.widget.attrs["class"] = "input lg"
        field.widget.attrs.pop("placeholder", None)
        if name in autocomplete:
            field.widget.attrs["autocomplete"] = autocomplete[name]
