"""Every table is in the export, or the code says why not."""

import re

from shared.domain.exporting import EXPORTED, LEFT_OUT
from tests.house.tree import below, text

_NAMED = re.compile(r'\btable="(\w+)"|\bTable\(tables, "(\w+)"\)')


def test_every_table_is_exported_or_left_out_for_a_reason() -> None:
    code = [text(path) for path in below("shared", "activities", "triggers")]
    named = {first or second for source in code for first, second in _NAMED.findall(source)}
    assert named == set(EXPORTED) | set(LEFT_OUT)
    assert set(EXPORTED) & set(LEFT_OUT) == set()
