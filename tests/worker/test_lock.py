"""The lock of Microsoft's worker holds the packages that are deployed on Python 3.13."""

import re

from packaging.requirements import Requirement

from tests.house.test_locks import pins
from tests.house.tree import ROOT, text

LOCK = ROOT / "requirements" / "worker.txt"


def test_what_the_worker_runs_is_what_is_deployed() -> None:
    assert pins(ROOT / "requirements.txt", "3.13").items() <= pins(LOCK, "3.13").items()


def test_the_lock_holds_the_worker() -> None:
    required = Requirement(text(ROOT / "tests/worker/requirements.in").strip())
    assert required.specifier.contains(pins(LOCK, "3.13")[required.name])


def test_every_pin_has_hashes() -> None:
    assert re.findall(r"(?m)^[A-Za-z0-9].*(?<!\\)\n(?!    --hash)", text(LOCK)) == []
