"""The review of a policy and of a Spot Group has the cost of a month of the machines that they would build."""

from __future__ import annotations

import pytest

from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.report import HOURS_IN_A_MONTH
from shared.domain.machines.service_plan import service_plan
from shared.domain.operations.operation import SYSTEM
from shared.domain.tenants.directory import SubscribedSku
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.reviews import Forecast, Review
from shared.services.actions.bulk import BulkForm, BulkTarget, cost_of
from shared.services.cost.forecasts import with_cost
from shared.services.operations.action_context import ActionContext
from tests.integration import things
from tests.integration.services import PaperServices

PLAN = service_plan("sku-1", "CPC_E_2C_8GB_128GB", {})
REVIEWED = Review(
    wizard="create-provisioning-policy",
    through_step=REVIEW,
    valid=True,
    steps=(),
    would_happen=Forecast(summary="2 Cloud PCs", details={"cloudPcs": 2}),
)


@pytest.fixture
def context(contoso: PaperServices) -> ActionContext:
    verb = "Microsoft.CloudPC/wizards/review"
    return ActionContext(contoso, SYSTEM, things.tenant(), verb=verb, trace_id="t", now=contoso.hand.at, seed=("t",))


async def cost(context: ActionContext) -> dict[str, object]:
    assert PLAN is not None
    found = await with_cost(context, REVIEWED, "westeurope", [PLAN, PLAN])
    assert found.would_happen is not None
    assert found.would_happen.details["cloudPcs"] == 2
    return dict(found.would_happen.details["monthlyCost"])


async def test_a_size_that_nobody_has_yet_is_priced_now(contoso: PaperServices, context: ActionContext) -> None:
    found = await cost(context)
    assert (found["machines"], found["hoursOn"], found["currency"]) == (2, HOURS_IN_A_MONTH, "USD")
    assert float(str(found["cost"])) > 0
    assert contoso.prices.asked == ["Standard_B2s_v2 in westeurope in USD", "disks in westeurope in USD"]


async def test_without_an_answer_the_review_says_why_there_is_no_cost(
    contoso: PaperServices, context: ActionContext
) -> None:
    contoso.prices.away = True
    found = await cost(context)
    assert "cost" not in found
    assert "does not answer" in str(found["reason"])


async def test_a_form_that_builds_nothing_has_no_cost(contoso: PaperServices, context: ActionContext) -> None:
    assert await with_cost(context, REVIEWED, "westeurope", []) == REVIEWED
    assert contoso.prices.asked == []


async def test_the_dry_run_of_a_bulk_resize_has_the_new_machines_and_those_that_they_replace(
    contoso: PaperServices, context: ActionContext
) -> None:
    larger = SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_128GB", enabled=9, consumed=1)
    contoso.directory.skus = [*contoso.directory.skus, larger]
    made = Resources(region="westeurope", size="Standard_D2s_v5", vm_id="/vm", resource_group="desks")
    pc = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=made)
    await contoso.cloud_pcs.insert(pc)
    form = BulkForm(action="resize", cloud_pc_ids=(pc.id,), parameters={"targetServicePlanId": "sku-2"})
    possible = BulkTarget(cloud_pc_id=pc.id, user_principal_name="", status="provisioned")
    found = await cost_of(context, form, [possible])
    assert found is not None
    assert (found.added.machines, found.removed.machines) == (1, 1)
    assert found.added.machine_cost == pytest.approx(2 * (found.removed.machine_cost or 0), abs=0.01)
    assert await cost_of(context, form.but(action="reboot", parameters={}), [possible]) is None
    refused = await cost_of(context, form, [possible.but(refusal="it waits")])
    assert refused is None
