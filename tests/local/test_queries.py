"""The queries of alerts and charts, by Kusto's own language service with the tables of Application Insights."""

import json
import os
import subprocess

import pytest

from local import node
from tests.house.tree import ROOT
from tests.infra.monitoring import monitoring
from tests.kusto.environment import PLACE, SERVICE, SOURCES

pytestmark = pytest.mark.long


def judged(queries: dict[str, str]) -> dict[str, list[str]]:
    """Return the errors in each query."""
    if not SERVICE.exists():
        pytest.skip("Kusto's language service is not installed: make .tools/kusto/installed")
    done = subprocess.run(
        [node.find(ROOT / ".tools").node, str(SOURCES / "judge.cjs")],
        input=json.dumps(queries),
        env={**os.environ, "NODE_PATH": str(PLACE / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_every_query_is_one_that_kusto_runs() -> None:
    watched = [*monitoring()["alerts"], *monitoring()["charts"]]
    found = judged({each["title"]: "\n".join(each["query"]) for each in watched})
    assert len(found) == len(watched)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ('customMetrics | where nme == "x"', "'nme' does not refer"),
        ("requests | sumarize count()", "Query operator expected"),
        ("customMetric | count", "'customMetric' does not refer"),
        ("requests | summarize count() by kind = name", "needs to be bracketed"),
    ],
)
def test_a_planted_fault_is_found(query: str, says: str) -> None:
    (found,) = judged({"planted": query}).values()
    assert says in " ".join(found)
