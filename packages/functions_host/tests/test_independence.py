"""The distribution knows nothing of the repository around it: neither by an import nor by a citation."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
PACKAGES = (PACKAGE, PACKAGE.with_name("simulation_base"))
AROUND_IT = {"shared", "triggers", "orchestrators", "activities", "local", "tests", "bench", "packages"}
OTHERS = {"azure_simulator"}
NOTE = re.compile(r"docs/notes\.md (\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)")


def sources(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_module_imports_the_repository_or_another_distribution(package: Path) -> None:
    assert len(sources(package)) > 3
    others = AROUND_IT | OTHERS | ({"functions_host"} if package != PACKAGE else set())
    assert {path.name: both for path in sources(package) if (both := imported(path) & others)} == {}


def test_every_note_that_is_cited_is_there() -> None:
    notes = (PACKAGE / "docs" / "notes.md").read_text()
    sections = set(re.findall(r"^#+ (\d+(?:\.\d+)?)", notes, re.MULTILINE))
    cited = {
        section
        for path in [*sources(PACKAGE), PACKAGE / "README.md"]
        for match in NOTE.finditer(path.read_text())
        for section in match[1].split(", ")
    }
    assert cited
    assert cited - sections == set()
