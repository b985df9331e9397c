"""Each test that reads the tree fails on a planted fault: none of them is a check that cannot fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.mutation import faults_of_code, faults_of_documents, faults_of_infra
from tests.mutation.faulty_copy import Copy, Fault
from tests.mutation.source_readers import source_readers

TABLES = (faults_of_code.FAULTS, faults_of_documents.FAULTS, faults_of_infra.FAULTS)
FAULTS: dict[str, Fault] = {
    f"{path}::{name}": fault for table in TABLES for path, faults in table.items() for name, fault in faults.items()
}
BUILDS_ON_IT = "its checkout contains .funcignore as it is: test_provisioning.py judges the package, not the tree"
ON_AZURITE = "the rule that it plays is read from infra/monitoring.json; it plays each cause and its absence"
WITHOUT_FAULT = {
    "tests/deployment/test_provisioning.py": BUILDS_ON_IT,
    "tests/deployment/test_compiled_templates.py": BUILDS_ON_IT,
    "tests/integration/test_alerts.py": ON_AZURITE,
    "tests/integration/test_timer_alerts.py": ON_AZURITE,
    "tests/local/test_queries.py": "Kusto's language service judges the queries; its test plants faults of its own",
    "tests/deployment/test_first_day.py": "it follows a page against a whole service",
    "tests/infra/test_parameters.py": "what is given to the template is played: with azd's file, and without it",
    "tests/infra/test_types.py": "test_a_planted_fault_is_found plants faults itself",
    "tests/mutation/test_faults.py": "this file",
}
"""Files of which tests without a fault are accepted, with the reason."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy.made(tmp_path_factory.mktemp("tree"))


def reading_tests() -> Iterator[str]:
    yield from (f"{path}::{name}" for path, names in source_readers().items() for name in sorted(names))


def test_every_test_that_reads_the_tree_has_a_planted_fault() -> None:
    found = set(reading_tests())
    assert len(found) > 100
    assert sorted(each for each in found - FAULTS.keys() if each.partition("::")[0] not in WITHOUT_FAULT) == []
    assert sorted(FAULTS.keys() - found) == []


@pytest.mark.parametrize("test", sorted(FAULTS), ids=str)
def test_it_fails_on_its_planted_fault(test: str, copy: Copy) -> None:
    assert FAULTS[test].clue in copy.failure(test, FAULTS[test])


@pytest.mark.long
@pytest.mark.parametrize("test", sorted(FAULTS), ids=str)
def test_it_passes_on_the_copy_without_the_fault(test: str, copy: Copy) -> None:
    assert copy.failure(test, replace(FAULTS[test], planted={})) == ""
