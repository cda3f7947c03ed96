"""Secrets of webhooks: made here and told once."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.response import Response

from inventory.access.api.bodies import read_body
from inventory.access.api.resources import Resource, absolute
from inventory.access.api.signing_in import ApiRequest
from inventory.access.rights import Verb
from inventory.api.connections import connection_in_sight
from inventory.api.wanting import Nothing, refusing_fields
from inventory.services.hooks import make_secret


class SecretMade(serializers.Serializer[Any]):
    """The new secret of a webhook, told this once, and the address to send to."""

    secret = serializers.CharField()
    address = serializers.CharField()


class ConnectionSecret(Resource):
    """Secrets of webhooks."""

    tag = "connections"
    verbs: ClassVar = {"POST": Verb.CONNECT}
    takes: ClassVar = {"POST": Nothing}
    says: ClassVar = {"POST": {201: SecretMade}}

    def post(self, request: ApiRequest, code: str) -> Response:
        """Make a new secret for a webhook; the one before opens nothing any more. Only people do: a token is refused.

        The answer is kept nowhere, so an `Idempotency-Key` means nothing here.
        """
        connection = connection_in_sight(self.principal, code)
        read_body(Nothing, request.data)
        with refusing_fields():
            secret = make_secret(connection=connection, principal=self.principal, now=timezone.now())
        told = {"secret": secret, "address": absolute(request, reverse("incidents:hook", args=[connection.code]))}
        return Response(told, status=status.HTTP_201_CREATED)
