"""Errors of mypy for incomplete calls: the wrong lines of a module, and no others, are errors."""

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[3]
CALLS = """
from typing import assert_never, assert_type

from orchestrators.parts.work import Work
from shared.contracts.builds import BEGIN_STEP, StepRecord
from shared.contracts.machines import (
    AGENT_POLL, ALLOCATE_CAPACITY, CREATE_NIC, POLL_AGENT, CapacityOrder, Machine, NicOrder, NicReady, Place,
)
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.reconciling import CLOSE_RECONCILE, NewerRequest, ReconciledOrder
from shared.contracts.calls import AWAIT_OUTCOME, WaitOrder
from shared.workflow import Context, Steps, call, call_all, call_sub_orchestrator, implements, orchestrates, wait_for


def handled(ctx: Context, order: CapacityOrder) -> Steps[str]:
    outcome = yield from call(ctx, ALLOCATE_CAPACITY, order)
    assert_type(outcome, Place | NoCapacity | Refused)
    match outcome:
        case Place(region=region):
            return region
        case NoCapacity(code=code) | Refused(code=code):
            return code
        case unknown:
            assert_never(unknown)


def forgotten(ctx: Context, order: CapacityOrder) -> Steps[str]:
    outcome = yield from call(ctx, ALLOCATE_CAPACITY, order)
    return outcome.region  # error: union-attr


def forgotten_in_a_match(ctx: Context, order: CapacityOrder) -> Steps[None]:
    match (yield from call(ctx, ALLOCATE_CAPACITY, order)):  # error: exhaustive-match
        case Place():
            return
        case NoCapacity():
            return


def forgotten_with_assert_never(ctx: Context, order: CapacityOrder) -> Steps[None]:
    outcome = yield from call(ctx, ALLOCATE_CAPACITY, order)
    if not isinstance(outcome, Place):
        assert_never(outcome)  # error: arg-type


def forgotten_among_many(ctx: Context, orders: list[CapacityOrder]) -> Steps[list[str]]:
    outcomes = yield from call_all(ctx, ALLOCATE_CAPACITY, orders)
    return [outcome.region for outcome in outcomes]  # error: union-attr


def wrong_order(ctx: Context, order: CapacityOrder) -> Steps[None]:
    _ = yield from call(ctx, CREATE_NIC, order)  # error: misc


def not_waited_for(ctx: Context, machine: Machine) -> Steps[None]:
    _ = yield from call(ctx, POLL_AGENT, machine)  # error: arg-type


def never_pending(ctx: Context, order: NicOrder) -> Steps[None]:
    _ = yield from wait_for(ctx, CREATE_NIC, order, AGENT_POLL)  # error: arg-type


def waited_for(ctx: Context, machine: Machine) -> Steps[None]:
    outcome = yield from wait_for(ctx, POLL_AGENT, machine, AGENT_POLL)
    assert_type(outcome, Done | Refused | Pending)


def parts_of_work(work: Work, order: NicOrder, machine: Machine, step: StepRecord) -> Steps[str]:
    nic = yield from work.do(CREATE_NIC, order)
    assert_type(nic, NicReady)
    done = yield from work.wait(POLL_AGENT, machine, AGENT_POLL)
    assert_type(done, Done)
    recorded = yield from work.record(BEGIN_STEP, step)
    assert_type(recorded, Done)
    return nic.nic_id


def superseded_in_do(work: Work, step: StepRecord) -> Steps[None]:
    yield from work.do(BEGIN_STEP, step)  # error: arg-type


def another_refusal_in_do(work: Work, order: ReconciledOrder) -> Steps[None]:
    yield from work.do(CLOSE_RECONCILE, order)  # error: arg-type


def wrong_order_in_do(work: Work, machine: Machine) -> Steps[None]:
    yield from work.do(CREATE_NIC, machine)  # error: misc


def wrong_order_of_a_workflow(ctx: Context, machine: Machine) -> Steps[None]:
    yield from call_sub_orchestrator(ctx, AWAIT_OUTCOME, machine)  # error: misc


@implements(CREATE_NIC)  # error: arg-type
async def create_nic(order: NicOrder) -> Superseded:
    raise NotImplementedError


@implements(CLOSE_RECONCILE)  # error: arg-type
async def close_reconcile(order: Machine) -> Done | NewerRequest:
    raise NotImplementedError


@orchestrates(AWAIT_OUTCOME)  # error: arg-type
def await_outcome(ctx: Context, order: WaitOrder) -> Steps[Done]:
    yield from ()
    return Done()
"""


def test_every_forgotten_refusal_and_every_wrong_order_is_a_type_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where mypy's settings are relative to
    module = tmp_path / "calls.py"
    module.write_text(CALLS)
    wanted = {n: m.group(1) for n, line in enumerate(CALLS.split("\n"), 1) if (m := re.search(r"# error: (\S+)", line))}
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    said, failed, _ = api.run([*options, "--enable-error-code", "exhaustive-match", "--no-pretty", str(module)])
    found = re.findall(r"calls\.py:(\d+): error: .*\[([\w-]+)\]", said)

    assert failed == ""
    assert {int(line): code for line, code in found} == wanted, said
