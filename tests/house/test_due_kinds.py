"""Every kind of due rows is in both tables, and one timer sweeps it."""

from __future__ import annotations

import ast
from collections import Counter

from shared.services.due_rules import DUE_RULES, rules_of
from shared.storage.due import DUE, DueKind, Sweep
from tests.house.tree import ROOT, parsed

TIMERS = ROOT / "triggers" / "sweeps.py"


def swept() -> list[str]:
    """The sweeps that the timers name, each as often as it is named."""
    return [
        node.attr
        for node in ast.walk(parsed(TIMERS))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Sweep"
    ]


def test_every_kind_has_its_facts_and_its_rule() -> None:
    assert set(DUE) == set(DUE_RULES) == set(DueKind)


def test_every_sweep_has_one_timer_and_every_kind_one_sweep() -> None:
    assert Counter(swept()) == Counter(each.name for each in Sweep)
    assert Counter(kind for each in Sweep for kind in rules_of(each)) == Counter(DueKind)


def test_no_two_kinds_share_a_rule_or_a_promise() -> None:
    """A row of the table that was copied from another one would act as that one does."""
    assert len({rule.act for rule in DUE_RULES.values()}) == len(DUE_RULES)
    assert len({rule.promises for rule in DUE_RULES.values()}) == len(DUE_RULES)


def test_no_partition_of_an_earlier_release_is_one_that_is_swept() -> None:
    assert {former for facts in DUE.values() for former in facts.formerly} & {each.value for each in Sweep} == set()
