"""Every contract has its function, every error its status."""

import ast
import re
from collections import Counter
from typing import Any, Never

import pytest
from pydantic import ValidationError

from shared.contracts.definitions import Activity, Contract, Effect, Poll, Workflow
from shared.errors import DeskwrightError
from tests.house.tree import below, parsed, relative, text
from tests.implementations import implementations
from tests.walking import modules, subclasses
from triggers.http.statuses import STATUSES


def contracts() -> dict[str, Contract[Any, Any]]:
    """Every contract, by the name of its constant."""
    there = modules("shared.contracts")
    return {name: value for module in there for name, value in vars(module).items() if isinstance(value, Contract)}


def may_refuse(contract: Contract[Any, Any]) -> bool:
    return isinstance(contract, Activity | Poll) and Never not in contract.returns.outcomes


def registered(functions: list[Any], trigger: str) -> Counter[str]:
    return Counter(f.get_function_name() for f in functions if f.get_trigger().type == trigger)


@pytest.mark.parametrize(
    ("kinds", "trigger"),
    [((Activity, Poll), "activityTrigger"), ((Workflow,), "orchestrationTrigger")],
    ids=["activity", "workflow"],
)
def test_every_contract_has_one_implementation(
    functions: list[Any], kinds: tuple[type[Any], ...], trigger: str
) -> None:
    names = {contract.name for contract in contracts().values() if isinstance(contract, kinds)}
    assert registered(functions, trigger) == Counter(names)


def test_every_implementation_is_of_the_contract_of_its_name() -> None:
    by_name = {contract.name: contract for contract in contracts().values()}
    assert {name: each.contract for name, each in implementations().items()} == by_name


def test_an_outcome_of_every_contract_can_be_read() -> None:
    for contract in contracts().values():
        with pytest.raises(ValidationError):
            contract.returns.read("no outcome at all")


def test_no_orchestrator_drops_a_refusal() -> None:
    """A call whose outcome nobody looks at is of an activity that never refuses, or says ``_ =`` and why."""
    refusing = {name for name, contract in contracts().items() if may_refuse(contract)}
    dropped = {
        f"{relative(path)}:{node.lineno}"
        for path in below("orchestrators")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom)
        for call in [node.value.value]
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id in {"call", "call_all", "wait_for"}
        if isinstance(call.args[1], ast.Name) and (call.func.id == "wait_for" or call.args[1].id in refusing)
    }
    assert dropped == set()


def test_no_orchestrator_puts_a_type_back() -> None:
    """The type of a call's result is known from its contract: no annotation, no cast, no ignored error."""
    put_back = {
        f"{relative(path)}:{node.lineno}"
        for path in below("orchestrators")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.YieldFrom)
    }
    assert put_back == set()
    assert [path for path in below("orchestrators") if re.search(r"\bAny\b|\bcast\b|type: ignore", text(path))] == []


READING = (
    "poll_",
    "read_",
    "scan_",
    "find_",
    "compare_",
    "allocate_",
    "recognize_",
    "next_wave",
    "run_check",
    "begin_scan",
    "examine",
)


def test_an_activity_that_only_reads_is_named_so() -> None:
    """A contract that only reads, or records, has no fence; no name of one is that of a deletion."""
    effects = {each.name: each.effect for each in contracts().values() if isinstance(each, Activity | Poll)}
    assert {
        name for name, effect in effects.items() if effect is Effect.READS and not name.startswith(READING)
    } == set()
    ending = ("delete_", "revoke_", "remove_", "sign_off", "forget_", "begin_vm_delete", "begin_carrier_removal")
    assert {effects[name] for name in effects if name.startswith(ending)} == {Effect.ENDS}


def test_every_error_has_a_status() -> None:
    errors = {error for error in subclasses(DeskwrightError) if error.__module__.startswith("shared.errors")}
    assert len(errors) > 10
    assert {error.__name__ for error in errors if not set(error.__mro__) & set(STATUSES)} == set()
