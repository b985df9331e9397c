"""Which role may do what: one table, ``Microsoft.CloudPC/<resource>/<verb>``; each route declares its verb."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.tenants.tenant import Tenant
from shared.errors import ForbiddenError, NotFoundError
from triggers.http.authentication import Caller


class Role(StrEnum):
    """The app roles; the provider's counts only in tokens of the provider's own directory."""

    ADMINISTRATOR = "CloudPC.Administrator"
    OPERATOR = "CloudPC.Operator"
    READER = "CloudPC.Reader"
    PROVIDER = "Provider.Administrator"


_PROVIDER = frozenset({Role.PROVIDER})
_ADMINISTRATORS = _PROVIDER | {Role.ADMINISTRATOR}
_OPERATORS = _ADMINISTRATORS | {Role.OPERATOR}
_READERS = _OPERATORS | {Role.READER}

VERBS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "Microsoft.CloudPC/tenants/list": _PROVIDER,
        "Microsoft.CloudPC/tenants/create": _PROVIDER,
        "Microsoft.CloudPC/tenants/delete": _PROVIDER,
        "Microsoft.CloudPC/tenants/read": _READERS,
        "Microsoft.CloudPC/tenants/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/pause": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/resume": _ADMINISTRATORS,
        "Microsoft.CloudPC/service/read": _PROVIDER,
        "Microsoft.CloudPC/service/pause": _PROVIDER,
        "Microsoft.CloudPC/service/resume": _PROVIDER,
        "Microsoft.CloudPC/sites/read": _READERS,
        "Microsoft.CloudPC/sites/write": _ADMINISTRATORS,
        "Microsoft.CloudPC/sites/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/wizards/read": _READERS,
        "Microsoft.CloudPC/wizards/review": _ADMINISTRATORS,
        "Microsoft.CloudPC/wizards/save": _ADMINISTRATORS,
        "Microsoft.CloudPC/operations/read": _READERS,
        "Microsoft.CloudPC/explanations/read": _READERS,
        "Microsoft.CloudPC/cloudPCs/read": _READERS,
        "Microsoft.CloudPC/cloudPCs/readSignInDetails": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/retry": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/rerunStep": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/reprovision": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/reboot": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/rename": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/troubleshoot": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/changeUserAccountType": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/createSnapshot": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/restore": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/resize": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/endGracePeriod": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/extendGrace": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/holdGrace": _OPERATORS,
        "Microsoft.CloudPC/cloudPCs/confirmRemoval": _ADMINISTRATORS,
        "Microsoft.CloudPC/orphans/read": _READERS,
        "Microsoft.CloudPC/orphans/scan": _OPERATORS,
        "Microsoft.CloudPC/orphans/remove": _ADMINISTRATORS,
        "Microsoft.CloudPC/bulkActions/read": _READERS,
        "Microsoft.CloudPC/bulkActions/create": _OPERATORS,
        "Microsoft.CloudPC/bulkActions/update": _OPERATORS,
        "Microsoft.CloudPC/provisioningPolicies/read": _READERS,
        "Microsoft.CloudPC/provisioningPolicies/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/assign": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/pause": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/resume": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/read": _READERS,
        "Microsoft.CloudPC/onPremisesConnections/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/runHealthChecks": _OPERATORS,
        "Microsoft.CloudPC/onPremisesConnections/updateAdDomainPassword": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/read": _READERS,
        "Microsoft.CloudPC/deviceImages/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/galleryImages/read": _READERS,
        "Microsoft.CloudPC/servicePlans/read": _READERS,
        "Microsoft.CloudPC/supportedRegions/read": _READERS,
        "Microsoft.CloudPC/auditEvents/read": _READERS,
    }
)


def authorize(caller: Caller, verb: str, provider_directory_id: str, tenant: Tenant | None) -> None:
    """Check that the caller may do *verb*.

    *tenant*: the one that is addressed, None where the route addresses none. Raises: NotFoundError for callers who
    have no access to the tenant, ForbiddenError if their roles do not allow *verb*.
    """
    roles = _counting(caller, provider_directory_id, tenant)
    if tenant is not None and caller.directory_id != tenant.entra_tenant_id and Role.PROVIDER not in roles:
        raise NotFoundError("there is no such tenant")
    if not roles & VERBS[verb]:
        raise ForbiddenError(f"{verb} needs one of the roles {', '.join(sorted(VERBS[verb]))}")


def is_provider(caller: Caller, provider_directory_id: str) -> bool:
    """Whether the caller administers all tenants."""
    return Role.PROVIDER in _counting(caller, provider_directory_id, None)


def _counting(caller: Caller, provider_directory_id: str, tenant: Tenant | None) -> frozenset[str]:
    roles = caller.roles
    if caller.directory_id != provider_directory_id.lower():
        roles -= {Role.PROVIDER}
    if tenant is None or caller.directory_id != tenant.entra_tenant_id:
        roles &= {Role.PROVIDER}
    return roles
