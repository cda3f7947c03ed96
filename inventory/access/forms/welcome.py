"""What the first administrator fills in."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from typing_extensions import override

from inventory.access.forms.sign_in import PASSWORD_HINT
from inventory.access.models import User
from inventory.access.zones import zones


class WelcomeForm(forms.Form):
    """The first administrator."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(attrs={"class": "input lg", "autocomplete": "name", "autofocus": True}),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask the browser for the zone until one was chosen."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["zone"].widget.attrs["data-zone"] = True

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


class JoinForm(WelcomeForm):
    """Somebody who was invited: the address is the one the invitation went to."""

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        """Hold the password against this address too."""
        super().__init__(*args, **kwargs)
        self._email = email
        del self.fields["email"]

    @override
    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, as for the first administrator."""
        self.cleaned_data["email"] = self._email
        cleaned = super().clean()
        del cleaned["email"]
        return cleaned
