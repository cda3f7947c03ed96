"""Where one can go: what the side bar, the personal menu and the palette offer."""

from collections import Counter

from posture.selectors.places import ACTS, GROUPS, PERSONAL


def test_a_key_leads_to_one_place_alone() -> None:
    places = [*(place for _, group in GROUPS for place in group), *PERSONAL, *ACTS]
    keys = Counter(place.key for place in places if place.key)
    assert [key for key, times in keys.items() if times > 1] == []


def test_no_two_places_of_the_side_bar_look_alike() -> None:
    icons = Counter(place.icon for _, group in GROUPS for place in group)
    assert [icon for icon, times in icons.items() if times > 1] == []
