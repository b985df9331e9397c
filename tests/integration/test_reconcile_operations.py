"""The operations that wait for a reconcile: where it stands, and what was planned for how many users."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.contracts.reconciling import CLOSE_RECONCILE, NewerRequest, ReconciledOrder
from shared.domain.operations.operation import Operation, OperationStatus
from tests.integration import things
from tests.integration.services import PaperServices, perform
from tests.integration.test_reconciliation import plan


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "eve": ("sku-1", "sku-office")}
    return contoso


def operation(id_: str, at: datetime, kind: str = "reconcile") -> Operation:
    return things.operation(id=id_, kind=kind, created_date_time=at)


async def test_the_operation_of_a_reconcile_shows_its_steps_and_what_was_planned_for_how_many(
    here: PaperServices,
) -> None:
    later = things.NOW + timedelta(minutes=1)
    for each in (operation("o1", things.NOW), operation("o2", later), operation("o3", things.NOW, "retry")):
        await here.operations.insert(each)
    await here.requests.add("contoso", things.NOW)
    close = ReconciledOrder(tenant_id="contoso", requested_at=(await plan()).requested_at)
    shown = (await here.operations.get("contoso", "o1")).value
    assert (shown.status, [step.outcome for step in shown.steps]) == (OperationStatus.RUNNING, ["succeeded", None])
    assert shown.steps[0].detail == "For 3 users: 1 to be provisioned, 1 listed without a Cloud PC, 1 starting now."

    await perform(CLOSE_RECONCILE, close)
    there = {each: (await here.operations.get("contoso", each)).value for each in ("o1", "o2", "o3")}
    assert there["o1"].status is OperationStatus.SUCCEEDED
    assert there["o1"].result == {"users": 3, "counts": shown.result["counts"] if shown.result else None}
    assert [step.outcome for step in there["o1"].steps] == ["succeeded", "succeeded"]
    assert {there["o2"].status, there["o3"].status} == {OperationStatus.NOT_STARTED}


async def test_a_reconcile_that_goes_round_again_adds_up_what_it_planned(here: PaperServices) -> None:
    await here.operations.insert(operation("o1", things.NOW))
    await here.requests.add("contoso", things.NOW)
    seen = (await plan()).requested_at
    here.directory.licences["bob"] = ("sku-1",)
    await here.requests.add("contoso", things.NOW)
    assert await perform(CLOSE_RECONCILE, ReconciledOrder(tenant_id="contoso", requested_at=seen)) == NewerRequest()
    await plan()

    result = (await here.operations.get("contoso", "o1")).value.result or {}
    assert (result["users"], result["counts"]["provision"]) == (3, 2)


async def test_a_reconcile_of_single_users_is_no_progress_of_everybody_s(here: PaperServices) -> None:
    await here.operations.insert(operation("o1", things.NOW))
    await here.requests.add("contoso", things.NOW)
    await plan("ada")
    assert (await here.operations.get("contoso", "o1")).value.status is OperationStatus.NOT_STARTED
