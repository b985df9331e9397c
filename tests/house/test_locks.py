"""The lock files say what pyproject.toml asks for; ``make lock`` writes them."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT, text

PROJECT = tomllib.loads(text(ROOT / "pyproject.toml"))
WANTED = PROJECT["project"]["dependencies"]
GROUPS = PROJECT["dependency-groups"]

LOCKED = {
    "requirements.txt": WANTED,
    "requirements/dev.txt": [*WANTED, *GROUPS["cli"], *GROUPS["local"], *GROUPS["dev"]],
    "requirements/node.txt": GROUPS["node"],
    "requirements/graph.txt": GROUPS["graph"],
    "requirements/az.txt": GROUPS["az"],
    "requirements/peers.txt": GROUPS["peers"],
    "requirements/audit.txt": GROUPS["audit"],
}
PYTHONS = ("3.11", "3.12", "3.13")


def holds(marker: Marker | None, python: str) -> bool:
    """Whether a marker holds on one version of Python, on this kind of machine."""
    return marker is None or marker.evaluate({"python_version": python, "python_full_version": f"{python}.1"})


def pins(path: Path, python: str) -> dict[str, str]:
    """Packages that a lock installs on one version of Python: name -> version."""
    found: dict[str, str] = {}
    for pin in map(Requirement, re.findall(r"(?m)^[A-Za-z0-9].*?(?= \\$|$)", text(path))):
        if holds(pin.marker, python):
            (version,) = pin.specifier
            found[canonicalize_name(pin.name)] = version.version
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKED)
def test_the_lock_holds_all_that_is_asked_for(lock: str, python: str) -> None:
    locked = pins(ROOT / lock, python)
    asked = [each for each in map(Requirement, LOCKED[lock]) if holds(each.marker, python)]
    found = [(each, locked.get(canonicalize_name(each.name))) for each in asked]
    assert [str(each) for each, pin in found if pin is None or not each.specifier.contains(pin)] == []


def test_what_is_tested_is_what_is_deployed() -> None:
    for python in PYTHONS:
        deployed, here = (pins(ROOT / lock, python) for lock in ("requirements.txt", "requirements/dev.txt"))
        assert deployed.items() <= here.items()


@pytest.mark.parametrize("lock", LOCKED)
def test_every_pin_has_hashes(lock: str) -> None:
    assert re.findall(r"(?m)^[A-Za-z0-9].*(?<!\\)\n(?!    --hash)", text(ROOT / lock)) == []
