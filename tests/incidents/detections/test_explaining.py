"""Why a client was raised, in words."""

from incidents.detections.explaining import explained


def test_a_walk_through_objects_is_told_beside_what_others_do() -> None:
    numbers = {"requests": 60, "distinct": 58, "window_seconds": 600, "succeeded": 41, "others": 3}
    assert explained("object-enumeration", numbers) == (
        "Within 10 minutes this client asked for 58 different objects in 60 requests; 41 were answered with success. "
        "Nine in ten of the others asked for 3 at most."
    )
    assert explained("object-enumeration", {**numbers, "others": 0}).endswith("Few others use this endpoint.")


def test_log_ins_that_were_never_used_are_told_with_who_did_alike() -> None:
    numbers = {"requests": 8, "distinct": 1, "window_seconds": 600, "succeeded": 8, "spent": 8, "clients": 2}
    assert explained("credential-stuffing", numbers) == (
        "Within 10 minutes this client tried 8 log-ins. 8 were answered with success, but nothing was ever done with "
        "them, as when a failed log-in is answered with 200. 1 other client did the same around that time."
    )
    assert "other client" not in explained("credential-stuffing", {**numbers, "clients": 1})


def test_what_is_not_known_is_not_explained() -> None:
    assert explained("object-enumeration", {}) == ""
    assert explained("something else", {"requests": 1}) == ""
