"""Scenes of the routes about cost and idle Cloud PCs: what there is before, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shared.domain.cloud_pcs.reclaim import ReclaimCase, ReclaimRule
from shared.domain.cost.budgets import Budget, BudgetScope
from tests.integration import things
from tests.integration.scene import Scene, Trace

BUDGET = Budget(id="all", tenant_id=things.TENANT_ID, display_name="All", scope=BudgetScope.TENANT, amount=100)
RULE = ReclaimRule(id="p1", tenant_id=things.TENANT_ID)
CASE = ReclaimCase(
    id="pc-idle",
    tenant_id=things.TENANT_ID,
    policy_id="p1",
    user_id="u1",
    user_principal_name="ada@contoso.example",
    display_name="Ada",
    noticed_at=things.NOW,
    grace_ends_at=things.NOW + timedelta(days=14),
    last_modified_date_time=things.NOW,
)
RECOMMENDATIONS = {
    "reportType": "cloudPcUsageCategoryReport",
    "filter": "UsageInsight eq 'Oversized'",
    "select": ["UsageInsight"],
    "groupBy": ["UsageInsight"],
    "orderBy": ["UsageInsight"],
}
HELD = RULE.but(held_back="12 of 20")
COST_SCENES: Mapping[str, Scene] = {
    "PUT tenants/{tenant}/budgets/{id}": Scene(
        Trace.MADE, {"displayName": "All", "scope": "tenant", "amount": 100}, at={"id": "all"}
    ),
    "DELETE tenants/{tenant}/budgets/{id}": Scene(Trace.GONE, given=(("budgets", BUDGET),), at={"id": "all"}),
    "PUT tenants/{tenant}/reclaimRules/{id}": Scene(Trace.MADE, {"idleDays": 60}, at={"id": "p1"}),
    "DELETE tenants/{tenant}/reclaimRules/{id}": Scene(Trace.GONE, given=(("reclaim_rules", RULE),), at={"id": "p1"}),
    "POST tenants/{tenant}/reclaimRules/{id}/confirm": Scene(
        Trace.CHANGED, given=(("reclaim_rules", HELD),), at={"id": "p1"}
    ),
    "POST tenants/{tenant}/reclaimCases/{id}/dismiss": Scene(
        Trace.CHANGED, given=(("reclaim_cases", CASE),), at={"id": CASE.id}
    ),
}
