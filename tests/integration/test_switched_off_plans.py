"""A licence whose Cloud PC service plan is switched off for its user is none."""

from shared.clients.directory import entitlement
from shared.clients.graph_answers import read_sku, read_user
from shared.domain.cloud_pcs.cloud_pc import RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from tests.integration import things
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import here, plan, records

__all__ = ["here"]

SKU = {
    "skuId": "sku-1",
    "skuPartNumber": "CPC_E_2C_8GB_128GB",
    "servicePlans": [
        {"servicePlanId": "plan-1", "servicePlanName": "CPC_E_2C_8GB_128GB"},
        {"servicePlanId": "other", "servicePlanName": "EXCHANGE_S_FOUNDATION"},
    ],
}


def switch_off(here: PaperServices, *plan_ids: str) -> None:
    here.directory.skus = [here.directory.skus[0].but(cloud_pc_plan_ids=frozenset({"plan-1"}))]
    here.directory.switched_off = {"ada": {"sku-1": frozenset(plan_ids)}}


async def test_who_has_the_service_plan_switched_off_is_built_nothing(here: PaperServices) -> None:
    switch_off(here, "plan-1")
    for names in ((), ("ada",)):
        assert (await plan(*names)).groups == ()
    assert "ada" not in await records(here)
    switch_off(here, "other")
    assert len((await plan("ada")).groups) == 1


async def test_switching_it_off_is_a_licence_that_was_removed_and_not_an_answer_in_doubt(here: PaperServices) -> None:
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1))
    switch_off(here, "plan-1")
    await plan()
    grace = (await records(here))["ada"].grace
    assert grace is not None
    assert grace.cause is RemovalCause.LICENSE_REMOVED


def test_what_graph_reports_of_it_is_read() -> None:
    for off, plans in (([], 1), (["other"], 1), (["plan-1"], 0), (["plan-1", "other"], 0)):
        user = read_user({"id": "ada", "assignedLicenses": [{"skuId": "sku-1", "disabledPlans": off}]})
        assert len(entitlement(user, [read_sku(SKU)], {}, ()).plans) == plans
