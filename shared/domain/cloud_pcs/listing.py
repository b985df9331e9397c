"""Properties for filtering and ordering lists of Cloud PCs, named as Graph names it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.filtering import Kind, Scalar, moment

_MOMENTS = ("createdDateTime", "lastModifiedDateTime", "provisionedDateTime", "gracePeriodEndDateTime")

COLUMNS: Mapping[str, Callable[[CloudPc], Scalar]] = {
    "displayName": lambda pc: pc.display_name,
    "userId": lambda pc: pc.user.id,
    "userPrincipalName": lambda pc: pc.user.user_principal_name,
    "userDetail/displayName": lambda pc: pc.user.display_name,
    "status": lambda pc: pc.status.value,
    "statusDetail/code": lambda pc: pc.failure.code if pc.failure else None,
    "provisioningPolicyId": lambda pc: pc.current.snapshot.policy_id if pc.current.snapshot else None,
    "provisioningPolicyName": lambda pc: pc.current.snapshot.policy_name if pc.current.snapshot else None,
    "onPremisesConnectionId": lambda pc: pc.current.snapshot.connection_id if pc.current.snapshot else None,
    "onPremisesConnectionName": lambda pc: pc.current.snapshot.connection_name if pc.current.snapshot else None,
    "imageDisplayName": lambda pc: pc.current.snapshot.image_display_name if pc.current.snapshot else None,
    "servicePlanId": lambda pc: pc.plan.id,
    "servicePlanName": lambda pc: pc.plan.display_name,
    "deviceRegionName": lambda pc: pc.current.resources.region,
    "managedDeviceName": lambda pc: pc.current.resources.computer_name,
    "@deskwright.grace/cause": lambda pc: pc.grace.cause.value if pc.grace else None,
    "@deskwright.removal/cause": lambda pc: pc.removal.cause.value if pc.removal else None,
    "createdDateTime": lambda pc: moment(pc.created_date_time),
    "lastModifiedDateTime": lambda pc: moment(pc.last_modified_date_time),
    "provisionedDateTime": lambda pc: moment(pc.provisioned_date_time),
    "gracePeriodEndDateTime": lambda pc: moment(pc.grace.ends_at if pc.grace else None),
}
"""The columns of an entry, by the names of the properties. A change of them needs a new version of the list."""

KINDS = {name: Kind.MOMENT if name in _MOMENTS else Kind.TEXT for name in ("id", *COLUMNS)}

SEARCHED = ("displayName", "userPrincipalName", "userDetail/displayName", "managedDeviceName", "userId", "id")
"""Properties that ``$search`` reads."""
