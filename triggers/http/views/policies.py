"""Graph: cloudPcProvisioningPolicy (docs/notes/windows365.md 1.4)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from shared.domain.images.image import ImageType
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Assignment, Policy, SecurityDefaults
from shared.domain.tenants.tenant import Paused
from shared.domain.values import Word
from shared.domain.wizards.reviews import ReviewWarning
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity

POLICIES = Collection(
    name="provisioningPolicies",
    kinds=kinds_of(
        *("id", "displayName", "description", "imageId", "imageDisplayName", "imageType", "cloudPcNamingTemplate"),
        moments="createdDateTime lastModifiedDateTime",
        numbers="gracePeriodInHours",
        flags="enableSingleSignOn localAdminEnabled",
    ),
    searched=("displayName", "description", "imageDisplayName"),
    expands=frozenset({"assignments"}),
    lacks=(
        "autopilotConfiguration createdBy lastModifiedBy snapshotResetMode userSettingsPersistenceConfiguration "
        "windowsSettings"
    ),
)
ASSIGNMENTS = Collection(
    name="provisioningPolicies/assignments",
    kinds=kinds_of("id", "target/groupId", moments="@deskwright.assignedAt"),
    lacks="assignedUsers userSettingsPersistenceDetail",
)
POLICY_USERS = Collection(
    name="provisioningPolicies/users",
    kinds=kinds_of(
        *("user/id", "user/userPrincipalName", "user/displayName", "standing", "because"), flags="user/accountEnabled"
    ),
    searched=("user/userPrincipalName", "user/displayName", "because"),
    key=("user/id",),
)
_TARGET = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget"


class DomainJoinView(TypedDict):
    """Graph's cloudPcDomainJoinConfiguration."""

    domainJoinType: JoinType
    type: JoinType
    onPremisesConnectionId: str
    regionName: str | None
    regionGroup: str | None


class WindowsSettingView(TypedDict):
    """Graph's cloudPcWindowsSetting."""

    locale: Word


class ManagedDesktopView(TypedDict):
    """Graph's microsoftManagedDesktop."""

    managedType: Word
    profile: Word


AssignmentTargetView = TypedDict("AssignmentTargetView", {"@odata.type": str, "groupId": str, "servicePlanId": None})
_AssignedAt = TypedDict(
    "_AssignedAt", {"@deskwright.assignedAt": Timestamp, "@deskwright.groupDisplayName": str | None}
)


class AssignmentView(_AssignedAt, TypedDict):
    """Graph's cloudPcProvisioningPolicyAssignment; since when is ours: Graph hides the order that decides.

    The name of the group is null where the directory does not say it.
    """

    id: str
    target: AssignmentTargetView


_Extensions = TypedDict(
    "_Extensions",
    {
        "@deskwright.securityDefaults": Annotated[Json, DumpOf(SecurityDefaults)],
        "@deskwright.paused": Annotated[Json, DumpOf(Paused)] | None,
        "@deskwright.warnings": NotRequired[list[Annotated[Json, DumpOf(ReviewWarning)]]],
    },
)


class PolicyView(_Extensions, TypedDict):
    """Graph's cloudPcProvisioningPolicy; warnings has one that the wizard has just saved."""

    id: str
    displayName: str
    description: str
    imageId: str
    imageDisplayName: str
    imageType: ImageType
    domainJoinConfigurations: list[DomainJoinView]
    enableSingleSignOn: bool
    localAdminEnabled: bool
    cloudPcNamingTemplate: str | None
    gracePeriodInHours: int
    provisioningType: Literal["dedicated"]
    userExperienceType: Literal["cloudPc"]
    windowsSetting: WindowsSettingView
    microsoftManagedDesktop: ManagedDesktopView
    autopatch: None
    managedBy: Literal["windows365"]
    alternateResourceUrl: None
    cloudPcGroupDisplayName: None
    scopeIds: list[str]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp
    assignments: list[AssignmentView]


POLICY, ASSIGNMENT = Entity(PolicyView), Entity(AssignmentView)


def policy_view(
    policy: Policy, grace_period_in_hours: int, groups: Mapping[str, str] = MappingProxyType({})
) -> PolicyView:
    """Return a policy as Graph's; *grace_period_in_hours* is the tenant's, for a policy that says nothing.

    *groups*: the names of groups by id, as far as they are known.
    """
    return {
        "id": policy.id,
        "displayName": policy.display_name,
        "description": policy.description,
        "imageId": policy.image_id,
        "imageDisplayName": policy.image_display_name,
        "imageType": policy.image_type,
        "domainJoinConfigurations": [
            {
                "domainJoinType": join.domain_join_type,
                "type": join.domain_join_type,
                "onPremisesConnectionId": join.on_premises_connection_id,
                "regionName": join.region_name,
                "regionGroup": join.region_group,
            }
            for join in policy.domain_join_configurations
        ],
        "enableSingleSignOn": policy.enable_single_sign_on,
        "localAdminEnabled": policy.local_admin_enabled,
        "cloudPcNamingTemplate": policy.cloud_pc_naming_template,
        "gracePeriodInHours": policy.grace_period_in_hours or grace_period_in_hours,
        "provisioningType": "dedicated",
        "userExperienceType": "cloudPc",
        "windowsSetting": {"locale": policy.locale},
        "microsoftManagedDesktop": {"managedType": "notManaged", "profile": ""},
        "autopatch": None,
        "managedBy": "windows365",
        "alternateResourceUrl": None,
        "cloudPcGroupDisplayName": None,
        "scopeIds": ["0"],
        "createdDateTime": timestamp(policy.created_date_time),
        "lastModifiedDateTime": timestamp(policy.last_modified_date_time),
        "assignments": assignments_view(policy, groups),
        "@deskwright.securityDefaults": policy.security_defaults.to_json(),
        "@deskwright.paused": policy.paused.to_json() if policy.paused else None,
    }


def assignments_view(policy: Policy, groups: Mapping[str, str]) -> list[AssignmentView]:
    """Return the assignments of a policy. *groups*: names by id."""
    return [assignment_view(each, groups) for each in policy.assignments]


def assignment_view(assignment: Assignment, groups: Mapping[str, str]) -> AssignmentView:
    """Return one assignment to a group. *groups*: names by id."""
    return {
        "id": assignment.id,
        "target": {"@odata.type": _TARGET, "groupId": assignment.group_id, "servicePlanId": None},
        "@deskwright.assignedAt": timestamp(assignment.assigned_at),
        "@deskwright.groupDisplayName": groups.get(assignment.group_id),
    }
