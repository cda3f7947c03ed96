"""The access app."""

from allauth.account.signals import password_changed, password_reset
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from typing_extensions import override


class AccessConfig(AppConfig):
    """Wiring of `inventory.access`."""

    name = "inventory.access"
    label = "access"

    @override
    def ready(self) -> None:
        """Hear of migrations and of what people do with their account, and of `check --deploy`."""
        from allauth.mfa.signals import authentication_failed  # noqa: PLC0415 -- as below

        from inventory.access import receivers  # noqa: PLC0415 -- models exist only now

        register(receivers.one_role_for_all, Tags.security, deploy=True)
        post_migrate.connect(receivers.migrated, sender=self, dispatch_uid="access.migrated")
        user_logged_in.connect(receivers.signed_in, dispatch_uid="access.signed_in")
        user_logged_out.connect(receivers.signed_out, dispatch_uid="access.signed_out")
        password_changed.connect(receivers.changed_password, dispatch_uid="access.changed_password")
        password_reset.connect(receivers.reset_password, dispatch_uid="access.reset_password")
        authentication_failed.connect(receivers.failed_factor, dispatch_uid="access.failed_factor")
