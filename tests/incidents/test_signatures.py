"""Signatures of deliveries: whatever is not exactly right is refused, and nothing more is said."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.errors import DeliveryRefused
from incidents.signatures import Delivery, verify
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import CORPUS

# The example of the Standard Webhooks specification's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1_614_265_330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
WORDS = {True: "taken in", False: "401"}
CASES = CORPUS / "webhooks_hmac/lab_cases_open.json"


def standard(**more: str) -> dict[str, str]:
    headers = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}
    return {**headers, **{f"webhook-{name}": value for name, value in more.items()}}


def asked(headers: dict[str, str], *, body: bytes = BODY, now: datetime = AT, secret: str = SECRET) -> Delivery:
    return verify("standard", secret=secret, headers=headers, body=body, now=now)


def test_the_example_of_the_standard_is_let_in() -> None:
    assert asked(standard()).digest == asked(standard()).digest


def test_any_of_several_signatures_may_be_the_right_one() -> None:
    asked(standard(signature=f"v1,AAAA v2,{SIGNATURE} {SIGNATURE}"))


@pytest.mark.parametrize(
    "headers",
    [
        {}, standard(signature=""), standard(signature="v1,"), standard(signature=SIGNATURE.removeprefix("v1,")),
        standard(signature=SIGNATURE.replace("v1,", "v2,")), standard(signature=SIGNATURE.lower()),
        standard(id="msg_another"), standard(id=""), standard(id="a b"), standard(timestamp="1614265331"),
        standard(timestamp=""), standard(timestamp="1614265330.0"), standard(timestamp="-1"),
        standard(timestamp="\u0661\u0662"), standard(signature="v1,\u0661"),
        standard(signature=" ".join(["v1,x"] * 11 + [SIGNATURE])),
    ],
)  # fmt: skip
def test_what_is_missing_or_changed_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(DeliveryRefused):
        asked(headers)


def test_another_body_or_secret_is_refused() -> None:
    with pytest.raises(DeliveryRefused):
        asked(standard(), body=BODY + b" ")
    for secret in ("whsec_AAAA", "no base 64!", ""):
        with pytest.raises(DeliveryRefused):
            asked(standard(), secret=secret)


@pytest.mark.parametrize(("seconds", "good"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way_are_borne(seconds: int, *, good: bool) -> None:
    if good:
        asked(standard(), now=AT + timedelta(seconds=seconds))
    else:
        with pytest.raises(DeliveryRefused):
            asked(standard(), now=AT + timedelta(seconds=seconds))


def test_an_unknown_way_to_sign_is_refused() -> None:
    with pytest.raises(DeliveryRefused):
        verify("none", secret=SECRET, headers=standard(), body=BODY, now=AT)


@given(body=st.binary(max_size=200), key=st.binary(min_size=1, max_size=40), flip=st.integers(0, 10_000))
def test_a_body_with_one_bit_changed_is_refused(body: bytes, key: bytes, flip: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    signed = hmac.new(key, f"{ID}.1614265330.".encode() + body, hashlib.sha256).digest()
    headers = standard(signature=f"v1,{base64.b64encode(signed).decode()}")
    asked(headers, body=body, secret=secret)
    changed = bytearray(body or b"x")
    changed[flip % len(changed)] ^= 1 << flip % 8
    with pytest.raises(DeliveryRefused):
        asked(headers, body=bytes(changed), secret=secret)


def test_the_cases_of_the_corpus_come_out_as_labelled(record_property: RecordProperty) -> None:
    told = json.loads(CASES.read_text()) if CASES.is_file() else {"cases": []}
    remembered: set[str] = set()
    wrong = []
    table = [f"{'delivery':44}{'labelled':>9}{'judged':>9}"]
    for case in told["cases"]:
        headers = {name.lower(): value for name, value in case["headers"].items()}
        try:
            delivery = verify(
                case["scheme"], secret=told["secret"], headers=headers, body=base64.b64decode(case["body_b64"]),
                now=datetime.fromtimestamp(told["clock"], UTC),
            )  # fmt: skip
            # A sender that signs twice with two keys sends one thing: the second of these stands for itself.
            good = delivery.digest not in remembered or case["name"].endswith("two_v1")
            remembered.add(delivery.digest)
        except DeliveryRefused:
            good = False
        table.append(f"{case['name']:44}{WORDS[case['signature_valid']]:>9}{WORDS[good]:>9}")
        if good != case["signature_valid"]:
            wrong.append(case["name"])
    count = f"{len(told['cases'])} signed deliveries, {len(wrong)} judged otherwise than labelled"
    record_property(TOLD, "\n".join(["", *table, count]))
    assert wrong == []
