"""Guards that somebody might take out, and the one test that must turn red for each.

`test_guards.py` takes them out of a copy in the slow tier; by hand
`manage.py test --slow tests/rights/test_guards.py`.
"""

from tests.faults.planted import Fault

GUARDS = (
    Fault(
        name="Findings are not narrowed to those of one's teams",
        file="findings/models/findings.py",
        changes=(('return self.filter(held_by(principal) | Q(api=None, series__in=own.values("pk")))', "return self"),),
        test="tests/posture/selectors/test_search.py"
        "::test_everything_in_sight_is_found_by_its_words_and_nothing_out_of_sight",
    ),
    Fault(
        name="Somebody answers what they asked for",
        file="findings/services/decide.py",
        changes=(
            (
                "if asked.kind != DecisionKind.ASKED or asked.by_id == person:",
                "if asked.kind != DecisionKind.ASKED:",
            ),
        ),
        test="tests/findings/services/test_decide.py::test_an_acceptance_takes_two_people_and_ends",
    ),
    Fault(
        name="A cookie alone changes something by the REST interface",
        file="inventory/access/api/signing_in.py",
        changes=(("            super().enforce_csrf(request)\n", "            pass\n"),),
        test="tests/inventory/access/api/test_signing_in.py::test_the_cookie_needs_its_csrf_token_to_change_something",
    ),
    Fault(
        name="An answer goes out without the content security policy",
        file="inventory/access/middleware.py",
        changes=(('    "Content-Security-Policy": CONTENT_SECURITY_POLICY,\n', ""),),
        test="tests/inventory/access/test_middleware.py::test_every_answer_carries_the_headers[/login/]",
    ),
    Fault(
        name="A formula stays one in a file",
        file="inventory/access/exporting.py",
        changes=(
            (
                'return f"\'{text}" if begins.startswith(TRIGGERS) or text.startswith(TRIGGERS) else text',
                "return text",
            ),
        ),
        test="tests/inventory/access/test_exporting.py::test_a_head_is_made_safe_too",
    ),
    Fault(
        name="A request goes to an address that is closed",
        file="inventory/jobs/targets.py",
        changes=(("    if _is_never(address) or _is_private(address):\n", "    if not address:\n"),),
        test="tests/inventory/jobs/test_targets.py::test_metadata_stays_closed_inside_an_allowed_network",
    ),
)
