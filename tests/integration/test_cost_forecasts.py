"""The review of a policy and of a Spot Group has the cost of a month of the machines that they would build."""

from __future__ import annotations

import pytest

from shared.domain.cost.report import HOURS_IN_A_MONTH
from shared.domain.machines.service_plan import service_plan
from shared.domain.operations.operation import SYSTEM
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.reviews import Forecast, Review
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
