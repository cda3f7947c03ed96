"""POST, safe to send again: the same `Idempotency-Key` with the same body does the work once."""

import hmac
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from inventory.access.api.errors import Refusal
from inventory.access.api.resources import Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.jobs.errors import KeyBusy, KeyReused
from inventory.jobs.services.repeats import keep_answer, take_key

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255
KEPT_HEADERS: Final = ("Location",)
REPEATED: Final = "Idempotency-Replayed"


class Posting(Resource):
    """A resource that takes POST; subclasses do the work in `act`, in one transaction with the answer that is kept.

    Refusals (below 500) are kept as answers too, and leave nothing of the work behind. Without the header each request
    stands for itself.
    """

    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Do what is asked and return the answer."""
        raise NotImplementedError

    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Do what is asked once for each key."""
        key = request.headers.get(HEADER)
        if key is None:
            return self.act(request, **kwargs)
        if not key.strip() or len(key) > LONGEST or not key.isascii() or not key.isprintable():
            msg = f"{HEADER} is 1 to {LONGEST} printable ASCII characters, such as a UUID."
            raise Refusal(msg, code="invalid", field=HEADER)
        try:
            with transaction.atomic():
                return self._once(request, key, **kwargs)
        except KeyReused as error:
            raise Refusal(str(error), code="key_reused", status=HTTPStatus.UNPROCESSABLE_ENTITY) from error
        except KeyBusy as error:
            raise Refusal(
                str(error), code="key_busy", status=HTTPStatus.CONFLICT, headers={"Retry-After": "1"}
            ) from error

    def _once(self, request: ApiRequest, key: str, **kwargs: Any) -> Response:
        digest, now = digest_of(request), timezone.now()
        kept = take_key(principal=self.principal, key=key, digest=digest, now=now)
        if kept is not None:
            return Response(kept.body, status=kept.status, headers={**kept.headers, REPEATED: "true"})
        try:
            with transaction.atomic():
                response = self.act(request, **kwargs)
        except Exception as error:  # noqa: BLE001 -- what it is, is told as everywhere; what it did is undone by now
            response = self.handle_exception(error)
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            keep_answer(
                principal=self.principal,
                key=key,
                digest=digest,
                status=response.status_code,
                body=json.loads(JSONRenderer().render(response.data)),
                headers=headers,
                now=now,
            )
        return response


def digest_of(request: ApiRequest) -> str:
    """Return a digest of what is asked: method, address and body; of a form its fields and the bytes of its files."""
    found = hmac.new(settings.DIGEST_KEY, digestmod="sha256")
    for part in (request.method or "", request.path, *_parts(request.data)):
        found.update(len(part).to_bytes(8))
        found.update(part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _parts(body: Any) -> Iterator[str | bytes]:
    if not isinstance(body, QueryDict):
        yield json.dumps(body, sort_keys=True)
        return
    for name, values in sorted(body.lists()):
        for value in values:
            yield name
            if isinstance(value, UploadedFile):
                yield value.name or ""
                yield _digest_of_file(value)
            else:
                yield str(value)


def _digest_of_file(file: "UploadedFile[bytes]") -> str:
    found = hmac.new(settings.DIGEST_KEY, digestmod="sha256")
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
