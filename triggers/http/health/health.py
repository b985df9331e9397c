"""The health page: of the service for who operates it, of a tenant for its administrators.

``GET /api/health`` is another thing: a probe of the platform, which says healthy or unhealthy to anybody with a key.
"""

from datetime import datetime

import azure.functions as func
from pydantic import Field

from shared.domain.health.codes import HealthSection, Severity
from shared.domain.health.report import HealthThresholds, worst
from shared.domain.values import Value
from shared.services.health.checking import look_at_service
from shared.services.health.page import ShownHealth, change_thresholds, dismiss, service_health, tenant_health
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.json_schema import timestamp
from triggers.http.views.health import (
    ServiceHealthView,
    TenantHealthView,
    section_views,
    tenant_health_line,
    tenant_health_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


class DismissalForm(Value):
    """The dismissal of a section until a time; null ends it."""

    section: HealthSection
    dismissed_until_date_time: datetime | None = Field(description="at most 90 days from now")
    reason: str = Field("", max_length=500)


@bp.route(route="health/report", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/readHealth", returns=ServiceHealthView)
async def get_service_health(call: Call) -> Response:
    """Show the health of the service by sections, and a line for every tenant, from the last check."""
    await look_at_service(call.deps)
    return ok(await _service(call))


@bp.route(route="health/report", methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/updateHealth", accepts=HealthThresholds, returns=ServiceHealthView)
async def update_health_thresholds(call: Call) -> Response:
    """Change some of the values from which a finding is a warning or an error."""
    await change_thresholds(call.context, call.json())
    return ok(await _service(call))


@bp.route(route="health/report/dismiss", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/dismissHealth", accepts=DismissalForm, returns=ServiceHealthView)
async def dismiss_service_health(call: Call) -> Response:
    """Dismiss a section of the service's health until a time."""

    async def dismissed() -> Response:
        await _dismiss(call)
        return ok(await _service(call))

    return await once(call, dismissed)


@bp.route(route="tenants/{tenant}/health", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/readHealth", returns=TenantHealthView)
async def get_tenant_health(call: Call) -> Response:
    """Show the health of a tenant by sections, as it was last checked."""
    return ok(await _of_tenant(call))


@bp.route(route="tenants/{tenant}/health/dismiss", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/dismissHealth", accepts=DismissalForm, returns=TenantHealthView)
async def dismiss_tenant_health(call: Call) -> Response:
    """Dismiss a section of a tenant's health until a time."""

    async def dismissed() -> Response:
        await _dismiss(call)
        return ok(await _of_tenant(call))

    return await once(call, dismissed)


async def _dismiss(call: Call) -> None:
    form = call.read(DismissalForm)
    await dismiss(call.context, form.section, form.dismissed_until_date_time, form.reason)


async def _of_tenant(call: Call) -> TenantHealthView:
    shown = await tenant_health(call.deps, call.tenant, call.now)
    return tenant_health_view(shown.report, shown.settings, shown.status, call.now)


async def _service(call: Call) -> ServiceHealthView:
    own, tenants = await service_health(call.deps, call.now)
    of_all: list[ShownHealth] = [own, *(shown for _, shown in tenants)]
    status: Severity = worst(each.status for each in of_all)
    return {
        "status": status,
        "checkedDateTime": timestamp(own.report.checked_date_time),
        "sections": section_views(own.report, own.settings, call.now),
        "tenants": [
            tenant_health_line(tenant, each.report, each.settings, each.status, call.now) for tenant, each in tenants
        ],
        "thresholds": own.settings.thresholds.to_json(),
    }
