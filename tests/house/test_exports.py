"""Every table is in the export, or the code says why not."""

import re

from shared.domain.exporting import EXPORTED, LEFT_OUT
from tests.house.tree import below, text

_OF_TASK_HUB = re.compile(r"(?:[}\"']|[\"'][A-Z]\w*)(?:History|Instances|Partitions)[\"']")  # after the hub's name
_NAMED = re.compile(r'\btable="(\w+)"|\bTable\(tables, "(\w+)"\)')


def test_every_table_is_exported_or_left_out_for_a_reason() -> None:
    code = [text(path) for path in below("shared", "activities", "triggers")]
    named = {first or second for source in code for first, second in _NAMED.findall(source)}
    assert named == set(EXPORTED) | set(LEFT_OUT)
    assert set(EXPORTED) & set(LEFT_OUT) == set()


def test_no_table_of_a_task_hub_is_read() -> None:
    """Their columns are the extension's own: instances are read through the SDK's client."""
    code = [text(path) for path in below("shared", "activities", "triggers", "orchestrators", "deployment")]
    assert [found for source in code for found in _OF_TASK_HUB.findall(source)] == []
