"""Which category of the OWASP API Security Top 10 (2023) a weakness belongs to, by its CWE. Pure.

The one category that a CWE counts for: OWASP's own where its pages list the CWE, ours where they do not.
"""

from collections.abc import Iterable
from typing import Final

CWES: Final[dict[str, tuple[int, ...]]] = {
    "API1": (
        284,
        285,
        566,
        639,
        863,
    ),
    "API2": (
        204,
        287,
        290,
        294,
        295,
        306,
        307,
        330,
        345,
        347,
        384,
        521,
        522,
        598,
        613,
        620,
        640,
        798,
    ),
    "API3": (
        200,
        201,
        213,
        359,
        497,
        915,
    ),
    "API4": (
        400,
        405,
        409,
        674,
        770,
        789,
        799,
        834,
        1333,
    ),
    "API5": (
        269,
        425,
        862,
        1220,
    ),
    "API6": (
        837,
        840,
        841,
    ),
    "API7": (
        441,
        601,
        611,
        918,
    ),
    "API8": (
        2,
        11,
        16,
        77,
        78,
        79,
        89,
        94,
        113,
        209,
        319,
        326,
        327,
        346,
        352,
        388,
        444,
        489,
        502,
        525,
        548,
        614,
        693,
        703,
        732,
        756,
        942,
        943,
        1004,
        1021,
        1104,
        1395,
    ),
    "API9": (
        448,
        477,
        912,
        1059,
    ),
    "API10": (
        20,
        350,
        494,
        829,
    ),
}

_CATEGORY: Final = {cwe: category for category, cwes in CWES.items() for cwe in cwes}


def category_of(cwes: Iterable[int]) -> str:
    """Return the category of a finding with these CWEs, empty when none of them has one; the lowest CWE speaks."""
    return next((_CATEGORY[cwe] for cwe in sorted(cwes) if cwe in _CATEGORY), "")
