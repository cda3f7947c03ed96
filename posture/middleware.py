"""What stands between the pages and the browser for every floor."""

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase

UNSEEN: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""In UTF-8: control characters that HTML does not allow, and marks that turn the direction of the text after them.

The second are those of the Bidirectional Algorithm (UAX 9, section 2) that can make a name read backwards.
"""


class ShowUnseen:
    """Puts a visible sign where text that was brought in holds a character nobody sees.

    Pages only: what programs and files get is left as it was brought in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with signs in place of what is not seen."""
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            content = response.content
            if UNSEEN.search(content):
                response.content = UNSEEN.sub(_sign, content)
        return response


def _sign(found: re.Match[bytes]) -> bytes:
    """Return the picture of a control character (U+2400 and on), or the sign for what cannot be shown."""
    character = found[0]
    if len(character) > 1:
        return "\N{REPLACEMENT CHARACTER}".encode()
    return ("\N{SYMBOL FOR DELETE}" if character == b"\x7f" else chr(0x2400 + character[0])).encode()
