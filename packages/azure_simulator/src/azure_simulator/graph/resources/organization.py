"""The organisation and Intune's enrolment restrictions, which an application checks before it joins machines.

The domain's last synchronisation follows its period (`enrollment.registration`), or `config.graph.lastSyncMinutes`.
`config.graph.windowsBlocked: ["All users", ...]` names the restrictions that block Windows; `All users` is the
default one.
Source: learn.microsoft.com/graph/api/{organization-list,organization-get},
/graph/api/resources/intune-onboarding-deviceenrollmentplatformrestrictionsconfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment import registration
from azure_simulator.graph.protocol import checks, operations, pages, queries
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

DEFAULT = "All users"
_ORGANISATION = "Organization.Read.All Directory.Read.All"
_RESTRICTIONS = "DeviceManagementServiceConfig.Read.All DeviceManagementServiceConfig.ReadWrite.All"
_ROOT = "/deviceManagement/deviceEnrollmentConfigurations"


@operation("organization.list", "GET", "/organization", roles=_ORGANISATION)
def list_organization(call: Call) -> Answer:
    """Answer `GET /organization`: the caller's own."""
    row = queries.select_of(call, "organization", _organization(call))
    return Answer({"@odata.context": pages.context(call, "organization"), "value": [row]})


@operation("organization.get", "GET", "/organization/{id}", roles=_ORGANISATION)
def get_organization(call: Call) -> Answer:
    """Answer the caller's own organisation; no other one is in the directory."""
    wanted, own = checks.check_id(call.param("id")), _organization(call)
    if wanted.lower() != own["id"]:
        raise checks.not_found(wanted)
    row = queries.select_of(call, "organization", own)
    return Answer({"@odata.context": pages.context(call, "organization/$entity"), **row})


def _organization(call: Call) -> Json:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    synchronized = bool(directory.all("forest", tenant))
    return {
        "id": tenant,
        "displayName": (directory.tenant(tenant) or {}).get("displayName", ""),
        "onPremisesSyncEnabled": True if synchronized else None,
        "onPremisesLastSyncDateTime": iso_z(_last_sync_us(call, tenant)) if synchronized else None,
    }


@operation("enrollmentConfiguration.list", "GET", _ROOT, roles=_RESTRICTIONS, units=0)
def list_configurations(call: Call) -> Answer:
    """Answer `GET /deviceManagement/deviceEnrollmentConfigurations`: the platform restrictions."""
    blocking = [str(each) for each in call.world.config.get("graph", {}).get("windowsBlocked", ())]
    names = [DEFAULT, *(each for each in blocking if each != DEFAULT)]
    rows = [_restriction(name, priority, blocked=name in blocking) for priority, name in enumerate(names)]
    return Answer({"@odata.context": pages.context(call, _ROOT[1:]), "value": rows})


def _restriction(name: str, priority: int, *, blocked: bool) -> Json:
    return {
        "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration",
        "id": f"{name}_DefaultPlatformRestrictions" if name == DEFAULT else name,
        "displayName": name,
        "priority": priority,
        "windowsRestriction": {"platformBlocked": blocked, "personalDeviceEnrollmentBlocked": False},
    }


def _last_sync_us(call: Call, tenant: str) -> int:
    world = call.world
    ago = world.config.get("graph", {}).get("lastSyncMinutes")
    if ago is not None:
        return world.now_us - int(float(ago) * 60 * SECOND)
    return registration.last_sync_us(world, tenant)
