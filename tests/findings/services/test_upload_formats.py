"""A report of every format goes in, is stored once, and comes out as its findings."""

from pathlib import Path

import pytest

from findings.models import Finding
from inventory.connectors.registry import readers
from inventory.models import Api
from tests.findings.reports import analyst, openapi, settle, take_in, told
from tests.inventory.connectors.reading import read, samples_of


@pytest.mark.usefixtures("fresh_database")
def test_every_format_of_findings_goes_in() -> None:
    take_in(openapi("Shop orders", "/orders", server="https://api.shop.example/v1"), "shop.json", analyst())
    settle()
    samples: list[Path] = [sample for reader in readers("findings") for sample in samples_of(reader)[:1]]
    for sample in samples:
        findings, _ = read(sample.read_bytes(), sample.name)
        assert told(take_in(sample.read_bytes(), sample.name, analyst())), sample.name
        settle()
        stored = set(Finding.objects.values_list("source_kind", "rule"))
        assert {(one.source_kind, one.rule) for one in findings} <= stored, sample.name
    # Two of the three are below the address of the API.
    assert Finding.objects.filter(api=Api.objects.get(), source_kind="zap").count() == 2
    assert Finding.objects.filter(api=None, source_kind="zap").count() == 1
