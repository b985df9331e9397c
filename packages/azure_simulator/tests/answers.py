"""Every answer that a simulated cloud gives in a test is compared with Microsoft's specifications."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from azure_simulator.conformity import Conformity
from azure_simulator.core.cloud import Cloud

SPECIFICATION = Path(__file__).parent / "specification"


@cache
def conformity() -> Conformity:
    """Read the specifications once."""
    return Conformity(SPECIFICATION)


@pytest.fixture(autouse=True)
def answers_fit() -> Iterator[None]:
    """Fail the test during which an answer did not fit."""
    found = conformity()
    if found.see not in Cloud.witnesses:
        Cloud.witnesses.append(found.see)
    found.violations.clear()
    yield
    texts = [f"{text} ({request})" for text, request in found.violations.items()]
    assert not texts, "\n".join(texts)
