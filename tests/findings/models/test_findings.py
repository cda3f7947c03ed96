"""Findings by their words, whoever narrows a list to them."""

import pytest
from django.db import connection

from findings.models import Finding, with_words
from tests.posture.services.estates import make_finding

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["Łódź", "łÓDŹ", "sql", "SQL", "py.inj", "/Pay%ments", "a_b"])
def test_a_text_is_found_in_title_rule_or_path_in_letters_of_either_case(text: str) -> None:
    here = make_finding(None, title="SQL put together in Łódź", rule="py.inject", path="/pay%ments/a_b")
    make_finding(None, title="A title", rule="rule", path="/payXments/aXb")
    assert list(Finding.objects.filter(with_words(text))) == [here]


def test_a_text_is_not_found_across_the_end_of_a_column() -> None:
    make_finding(None, title="A title", rule="rule")
    assert not Finding.objects.filter(with_words("titlerule")).exists()
    assert not Finding.objects.filter(with_words("title rule")).exists()


def test_an_index_answers_for_words() -> None:
    with connection.cursor() as cursor:
        # Of some rows the database would rather look at each.
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "finding_words" in Finding.objects.filter(with_words("nowhere")).explain()
