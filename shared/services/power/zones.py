"""The time zone of a Cloud PC with a power schedule that names no zone: its site's, or its user's country's."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.caching import TtlCache
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.power.zones import ELSEWHERE, zone_of, zone_of_country
from shared.errors import NotFoundError, RefusedError, UnavailableError

_log = logging.getLogger("deskwright.sweeps")

_COUNTRIES: TtlCache[str] = TtlCache(timedelta(days=1))


async def zone_of_cloud_pc(deps: Dependencies, pc: CloudPc, *, of_user: bool) -> str:
    """Return the zone of the site, or of the user's country if *of_user* is set and it has one."""
    mine = zone_of_country(await _country(deps, pc)) if of_user else None
    return mine or await _zone_of_site(deps, pc)


async def _country(deps: Dependencies, pc: CloudPc) -> str:
    """Return Graph's usageLocation of the user; empty where it is not known, or cannot be read now."""
    try:
        return await _COUNTRIES.get_or(deps, (pc.tenant_id, pc.user.id), lambda: _read(deps, pc))
    except (DeclinedError, UnavailableError, RefusedError, NotFoundError) as error:
        _log.warning("the country of the user of %s/%s could not be read: %s", pc.tenant_id, pc.id, error)
        return ""


async def _read(deps: Dependencies, pc: CloudPc) -> str:
    tenant = (await deps.tenants.get(pc.tenant_id)).value
    with on_behalf_of(pc.tenant_id):
        return await deps.graph(tenant).usage_location(pc.user.id)


async def _zone_of_site(deps: Dependencies, pc: CloudPc) -> str:
    snapshot = pc.current.snapshot
    connection = await deps.connections.find(pc.tenant_id, snapshot.connection_id) if snapshot else None
    site = await deps.sites.find(pc.tenant_id, connection.value.site_id) if connection else None
    return zone_of(site.value.region) if site else ELSEWHERE
