"""Every kind of due rows is in both tables, and one timer sweeps them all."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from shared.services.maintenance.due_rules import DUE_RULES, RULES
from shared.storage.due import DUE, Due, DueKind, Number
from tests.house.tree import below, parsed
from tests.implementations import registered


def test_every_kind_has_its_facts_and_its_rule() -> None:
    assert set(DUE) == set(DUE_RULES) == set(RULES) == set(DueKind)


def test_one_timer_sweeps_every_kind() -> None:
    """A tick and its read cost the same for one kind and for all (docs/decisions/0108)."""
    timers = [each.get_function_name() for each in registered() if each.get_trigger().type == "timerTrigger"]
    bodies = {
        node.name: ast.unparse(node)
        for path in below("triggers")
        for node in parsed(path).body
        if isinstance(node, ast.AsyncFunctionDef)
    }
    assert set(timers) <= bodies.keys()
    assert [name for name in timers if "sweep_due" in bodies[name]] == ["sweep"]
    assert "sweep_due(client, RULES)" in bodies["sweep"]


def test_no_two_kinds_share_a_rule_or_a_promise() -> None:
    """A row of the table that was copied from another one would act as that one does."""
    assert len({rule.act for rule in DUE_RULES.values()}) == len(DUE_RULES)
    assert len({rule.promises for rule in DUE_RULES.values()}) == len(DUE_RULES)


@pytest.mark.parametrize("kind", DueKind)
def test_the_number_of_a_row_is_read_by_the_meaning_that_its_kind_has_and_no_other(kind: DueKind) -> None:
    row, meaning = Due(kind, datetime(2026, 3, 2, tzinfo=UTC), "contoso", "id", 1), DUE[kind].number
    own = meaning.value if isinstance(meaning, Number) else "variant"
    for name in ("generation", "reads", "run", "variant"):
        if name == own:
            assert getattr(row, name) == 1
        else:
            with pytest.raises(ValueError, match=f"a {kind.value} row has no"):
                getattr(row, name)


def test_variants_begin_with_the_row_that_has_no_number() -> None:
    variants = [facts.number for facts in DUE.values() if not isinstance(facts.number, Number)]
    assert [[each.value for each in kind] for kind in variants] == [[0, 1], [0, 1], [0, 1, 2], [0, 1], [0, 1]]
