"""New passwords by mail."""

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from inventory.access.models import User
from inventory.access.signals import password_reset_asked


@transaction.atomic
def ask_reset(*, email: str, now: datetime) -> None:
    """Note the wish. Nothing is looked up here: for every address the same is done, and takes the same time."""
    password_reset_asked.send(sender=None, email=email.strip().lower()[:254], now=now)


def send_reset(*, email: str) -> bool:
    """Send the way to a new password to somebody who has one, and return whether there was anybody to send it to.

    A closed account, and one that signs in through an identity provider, get none.
    """
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None or not user.has_usable_password():
        return False
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    context = {
        "user": user,
        "address": settings.BASE_URL + path,
        "product": settings.BASE_URL,
        "minutes": settings.PASSWORD_RESET_TIMEOUT // 60,
    }
    send_mail("Posture: set a new password", render_to_string("access/password_reset.txt", context), None, [user.email])
    return True
