"""News of the access floor for the floors above."""

from django.dispatch import Signal

password_reset_asked = Signal()
"""Somebody asked for a way to a new password. Arguments: `email` as they wrote it, `now`."""
