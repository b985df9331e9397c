"""Reclaiming idle Cloud PCs: the rule of each policy, the dry-run report, and the cases that are open."""

from __future__ import annotations

import azure.functions as func

from shared.domain.cloud_pcs.reclaim import ReclaimRuleSettings
from shared.errors import ConflictError, InvalidError, MismatchError, Problem, StaleError
from shared.services.usage.reclaim_rules import confirm_proposals, delete_rule, dismiss_case, idle_report, put_rule
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.idempotency import once
from triggers.http.lists import count_of, whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.reclaim import (
    IDLE_CLOUD_PCS,
    RECLAIM_CASE,
    RECLAIM_RULE,
    RECLAIM_RULE_TO_PUT,
    RECLAIM_RULES,
    IdleCloudPcView,
    idle_view,
    reclaim_case_view,
    reclaim_rule_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_LEAST, _MOST = 7, 365


@bp.route(route=f"{BASE}/reports/idleCloudPcs", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(IdleCloudPcView), query=IDLE_CLOUD_PCS)
async def list_idle_cloud_pcs(call: Call) -> Response:
    """Judge the Cloud PCs by the reclaim rules, without doing anything; policies without a rule on request."""
    usual, text = None, call.query("wouldBeIdleDays")
    if text:
        number = count_of(text)
        if number is None or not _LEAST <= number <= _MOST:
            raise InvalidError(Problem("wouldBeIdleDays", f"write a number of days from {_LEAST} to {_MOST}"))
        usual = ReclaimRuleSettings(idle_days=number)
    rows = await idle_report(call.deps, call.tenant.id, call.now, usual)
    views = [idle_view(row.pc, row.rule, row.judged, row.case) for row in rows]
    return await graph_whole_list(call, IDLE_CLOUD_PCS, views)


@bp.route(route="tenants/{tenant}/reclaimRules", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reclaimRules/read", returns=Page(RECLAIM_RULE), query=RECLAIM_RULES)
async def list_reclaim_rules(call: Call) -> Response:
    """List the reclaim rules, each by the id of its policy."""
    found = call.deps.reclaim_rules.each(call.tenant.id)
    return await whole_list(call, RECLAIM_RULES, [reclaim_rule_view(stored.value) async for stored in found])


@bp.route(route="tenants/{tenant}/reclaimRules/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reclaimRules/read", returns=RECLAIM_RULE)
async def get_reclaim_rule(call: Call) -> Response:
    """Show the reclaim rule of a policy."""
    stored = await call.deps.reclaim_rules.get(call.tenant.id, call.param("id"))
    return ok(reclaim_rule_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/reclaimRules/{id}", methods=["PUT"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/reclaimRules/write", accepts=RECLAIM_RULE_TO_PUT, returns={200: RECLAIM_RULE, 201: RECLAIM_RULE}
)
async def set_reclaim_rule(call: Call) -> Response:
    """Give a policy a reclaim rule, or replace its settings; a rule begins with simulate."""
    settings, id_ = call.read(ReclaimRuleSettings), call.param("id")
    there = await call.deps.reclaim_rules.find(call.tenant.id, id_)
    if there is None:
        if call.request.headers.get("if-match"):
            raise MismatchError("the policy has no reclaim rule")
        try:
            stored = await put_rule(call.context, None, id_, settings)
        except ConflictError as error:
            raise StaleError("somebody else has just created the rule") from error
        return created(
            reclaim_rule_view(stored.value), f"/api/tenants/{call.tenant.id}/reclaimRules/{id_}", etag=stored.etag
        )
    call.match(there.etag)
    stored = await put_rule(call.context, there, id_, settings)
    return ok(reclaim_rule_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/reclaimRules/{id}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reclaimRules/delete", returns={204: None})
async def remove_reclaim_rule(call: Call) -> Response:
    """Delete the reclaim rule of a policy with its cases; no machine is kept off by it any more."""
    there = await call.deps.reclaim_rules.get(call.tenant.id, call.param("id"))
    call.match(there.etag)
    await delete_rule(call.context, there)
    return Response(204)


@bp.route(route="tenants/{tenant}/reclaimRules/{id}/confirm", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reclaimRules/confirm", returns=RECLAIM_RULE)
async def confirm_reclaim_proposals(call: Call) -> Response:
    """Let the proposals of a rule go on that the removal brake holds back."""
    repository, id_ = call.deps.reclaim_rules, call.param("id")

    async def confirm() -> Response:
        call.match((await repository.get(call.tenant.id, id_)).etag)
        rule = await confirm_proposals(call.context, id_)
        return ok(reclaim_rule_view(rule), etag=(await repository.get(call.tenant.id, id_)).etag)

    return await once(call, confirm)


@bp.route(route="tenants/{tenant}/reclaimCases/{id}/dismiss", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reclaimCases/dismiss", returns=RECLAIM_CASE)
async def dismiss_reclaim_case(call: Call) -> Response:
    """Keep an idle Cloud PC until its user signs in: no more notices, no proposal, and no stop by the rule."""
    repository, id_ = call.deps.reclaim_cases, call.param("id")

    async def dismiss() -> Response:
        call.match((await repository.get(call.tenant.id, id_)).etag)
        case = await dismiss_case(call.context, id_)
        return ok(reclaim_case_view(case), etag=(await repository.get(call.tenant.id, id_)).etag)

    return await once(call, dismiss)
