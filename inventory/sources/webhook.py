"""A webhook: nothing is fetched; whoever knows the connection's secret sends documents to its address."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from inventory.sources.base import Item, Option, SourceRefused, Surroundings, Visit, register

SIGNATURES: Final = {
    "standard": "Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature)",
    "timestamped": "X-Signature: t=…,v1=…",
    "github": "X-Hub-Signature-256",
}
"""How a sender may sign, and the headers of each."""
RECEIVING: Final = "webhook"
"""The kind of connection that is sent to."""
SIGNING: Final = "signing"
"""The name under which its secret is sealed."""


@register
class Webhook:
    """Documents that a sender signs and sends by itself."""

    slug: ClassVar[str] = RECEIVING
    label: ClassVar[str] = "Webhook"
    says: ClassVar[str] = "Takes alerts or reports that a sender signs and sends by itself. Its secret is made here."
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            name="signature", label="Signature", hint="standard, timestamped or github. Empty is Standard Webhooks."
        ),
    )
    secrets: ClassVar[tuple[Option, ...]] = ()

    def missing(self, around: Surroundings) -> str:  # noqa: ARG002 - part of the protocol
        """Say that nothing is missing."""
        return ""

    def clean(self, options: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:  # noqa: ARG002 - protocol
        """Return how the sender signs."""
        signature = str(options.get("signature", "")).strip().lower() or "standard"
        if signature not in SIGNATURES:
            msg = f"It may be signed by: {', '.join(SIGNATURES)}."
            raise SourceRefused(msg, "signature")
        return {"signature": signature}

    def walk(self, visit: Visit, around: Surroundings) -> Iterator[Item]:  # noqa: ARG002 - part of the protocol
        """Yield nothing: there is nowhere to look."""
        yield from ()
