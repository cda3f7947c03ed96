"""Characters nobody sees do not reach a page; what programs get is left alone."""

import unicodedata

from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase, StreamingHttpResponse
from hypothesis import given
from hypothesis import strategies as st

from posture.middleware import ShowUnseen

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def through(answer: HttpResponseBase) -> HttpResponseBase:
    return ShowUnseen(lambda _: answer)(HttpRequest())


def shown(text: str) -> str:
    answer = through(HttpResponse(text))
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


@given(st.text())
def test_a_page_holds_no_control_and_no_mark_of_direction_and_loses_no_character(text: str) -> None:
    after = shown(text)
    assert len(after) == len(text)
    for old, new in zip(text, after, strict=True):
        unseen = (unicodedata.category(old) == "Cc" and old not in "\t\n\r" and ord(old) < 0x80) or (
            unicodedata.bidirectional(old) in TURNING or old in "\u200e\u200f"
        )
        assert (new != old) == unseen
        assert not unseen or new.isprintable()


def test_a_bell_is_shown_as_its_picture() -> None:
    assert shown("a\x07b\x7f") == "a\N{SYMBOL FOR BELL}b\N{SYMBOL FOR DELETE}"


def test_files_and_programs_get_what_was_brought_in() -> None:
    plain = HttpResponse("a\x07\u202e", content_type="application/json")
    assert through(plain) is plain
    assert plain.content.decode() == "a\x07\u202e"
    streamed = StreamingHttpResponse(iter([b"a\x07"]))
    assert through(streamed) is streamed
    assert b"".join(streamed) == b"a\x07"
