"""Whoever asks the REST interface in tests: a program with a token, or a person with the cookie of the pages."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inventory.access.models import Team, User
from inventory.access.records import SYSTEM
from inventory.access.services.tokens import create_token

ROOT = "/api/v1/"
CSRF = "a" * 32


def token_of(user: User, *scopes: str, team: Team | None = None) -> str:
    """Return a new token of somebody; without scopes it has those it has by default."""
    more = {"scopes": scopes} if scopes else {}
    made = create_token(user=user, name="a test", days=1, principal=SYSTEM, now=timezone.now(), team=team, **more)
    return made.secret


class Caller:
    """Asks for addresses below /api/v1/ and remembers the last answer; `get("findings/", api="API-1")`."""

    def __init__(self, *, token: str = "", user: User | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        if user is not None:
            self.client.force_login(user)
            self.client.cookies["csrftoken"] = CSRF
            self.headers["X-CSRFToken"] = CSRF
        self.status = 0
        self.answer: Any = None

    def get(self, address: str, **asked: Any) -> Any:
        """Return what a GET answers."""
        return self._read(self.client.get(self._full(address), asked, headers=self.headers))

    def patch(self, address: str, **said: Any) -> Any:
        """Return what a PATCH answers."""
        answer = self.client.patch(self._full(address), said, content_type="application/json", headers=self.headers)
        return self._read(answer)

    def post(self, address: str, key: str = "", **said: Any) -> Any:
        """Return what a POST of JSON answers, under a key if there is one."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        answer = self.client.post(self._full(address), said, content_type="application/json", headers=headers)
        return self._read(answer)

    def upload(self, content: bytes, name: str = "report.sarif", key: str = "", **options: str) -> Any:
        """Return what sending a document in answers."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        form = {"file": SimpleUploadedFile(name, content), **options}
        return self._read(self.client.post(self._full("reports/"), form, headers=headers))

    def walk(self, address: str, **asked: Any) -> list[Any]:
        """Return the rows of all pages of a list."""
        page = self.get(address, **asked)
        rows = list(page["results"])
        while page["next"]:
            page = self._read(self.client.get(page["next"], headers=self.headers))
            rows += page["results"]
        return rows

    def _full(self, address: str) -> str:
        return address if address.startswith(("/", "http")) else ROOT + address

    def _read(self, answer: Any) -> Any:
        self.answer = answer
        self.status = answer.status_code
        if answer.headers.get("Content-Type") == "application/json":
            return answer.json()
        return b"".join(answer.streaming_content).decode() if answer.streaming else None
