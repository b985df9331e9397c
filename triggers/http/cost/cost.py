"""Cost: the rate card of a tenant, the prices that its costs are made of, and reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import azure.functions as func

from shared.domain.cost.rate_card import RATE_CARD as RATE_CARD_ID
from shared.domain.cost.rate_card import RateCard, RateCardSettings
from shared.domain.cost.report import CostGrouping, CostRow
from shared.errors import ConflictError, InvalidError, MismatchError, Problem, StaleError
from shared.services.cost.prices import price_book, put_rate_card, rate_card
from shared.services.cost.reports import cost_report
from shared.services.cost.service import cost_of_service
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.lists import MOST, whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.cost import (
    COSTS,
    PRICES,
    RATE_CARD,
    RATE_CARD_TO_PUT,
    PriceView,
    ServiceCostView,
    price_views,
    rate_card_view,
    service_cost_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_LONGEST = timedelta(days=400)
"""Longest time of a report: a year, and the month that has begun."""


@bp.route(route="tenants/{tenant}/rateCard", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/rateCards/read", returns=RATE_CARD)
async def get_rate_card(call: Call) -> Response:
    """Show the rate card of a tenant: retail prices in USD where nobody has set one."""
    stored = await call.deps.rate_cards.find(call.tenant.id, RATE_CARD_ID)
    if stored is None:
        return ok(rate_card_view(await rate_card(call.deps, call.tenant.id)))
    return ok(rate_card_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/rateCard", methods=["PUT"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/rateCards/write", accepts=RATE_CARD_TO_PUT, returns={200: RATE_CARD, 201: RATE_CARD})
async def set_rate_card(call: Call) -> Response:
    """Set the rate card of a tenant, or replace it: discount, own prices by VM size, currency."""
    card = RateCard(tenant_id=call.tenant.id, **dict(call.read(RateCardSettings)))
    there = await call.deps.rate_cards.find(call.tenant.id, RATE_CARD_ID)
    if there is None:
        if call.request.headers.get("if-match"):
            raise MismatchError("there is no rate card")
        try:
            stored = await put_rate_card(call.context, None, card)
        except ConflictError as error:
            raise StaleError("somebody else has just set the rate card") from error
        return created(rate_card_view(card), f"/api/tenants/{call.tenant.id}/rateCard", etag=stored.etag)
    call.match(there.etag)
    stored = await put_rate_card(call.context, there, card)
    return ok(rate_card_view(card), etag=stored.etag)


@bp.route(route="tenants/{tenant}/prices", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/rateCards/read", returns=Page(PriceView), query=PRICES)
async def list_prices(call: Call) -> Response:
    """List the prices that were read: Azure's, the tenant's, and when Azure last said them."""
    book = await price_book(call.deps, call.tenant.id)
    return await whole_list(call, PRICES, list(price_views(book, call.now.date())))


@bp.route(route=f"{BASE}/reports/cost", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(CostRow), query=COSTS)
async def list_costs(call: Call) -> Response:
    """List costs by tenant, day, policy, Spot Group, Cloud PC or host: estimates beside the cost of always on."""
    named = call.query("groupBy") or CostGrouping.DAY.value
    if named not in set(CostGrouping):
        raise InvalidError(Problem("groupBy", f"write one of {', '.join(CostGrouping)}"))
    rows = await cost_report(call.deps, call.tenant.id, CostGrouping(named), _period(call))
    return await graph_whole_list(call, COSTS, [row.to_json() for row in rows], usual=MOST)


@bp.route(route="service/cost", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=ServiceCostView, query=("startDate", "endDate"))
async def get_service_cost(call: Call) -> Response:
    """Show the cost of the service itself, as its own processes have counted it: an estimate."""
    first, last = period = _period(call)
    begin, end = (datetime.combine(day, at, UTC) for day, at in ((first, time.min), (last, time.max)))
    found = await cost_of_service(call.deps, begin, end)
    return ok(service_cost_view(period, found.rows, found.executions, found.prices))


def _period(call: Call) -> tuple[date, date]:
    """Return the days that a report is about: this month, where its caller names none. Raises: InvalidError."""
    last = _day(call, "endDate") or call.now.date()
    first = _day(call, "startDate") or last.replace(day=1)
    if not timedelta() <= last - first <= _LONGEST:
        raise InvalidError(Problem("startDate", f"is no more than {_LONGEST.days} days before endDate"))
    return first, last


def _day(call: Call, name: str) -> date | None:
    text = call.query(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidError(Problem(name, "write a day, such as 2026-11-24")) from error
