"""Graph: cloudPcProvisioningPolicy (docs/notes/windows365.md 1.4)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from shared.domain.networks.connection import JoinType
from shared.domain.policies import graph
from shared.domain.policies.configuration import ConfigurationStep
from shared.domain.policies.policy import Assignment, DomainJoinConfiguration, Policy
from shared.domain.tenants.tenant import Paused, TenantSettings
from shared.domain.values import Word
from shared.domain.wizards.create_provisioning_policy import PolicyDetailStep, PolicyImageStep
from shared.domain.wizards.reviews import ReviewWarning
from triggers.http.json_schema import DumpOf, Json, Timestamp, closed, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import Properties, typed

PROPERTIES = Properties(
    graph.PROPERTIES, {"image": PolicyImageStep, "configuration": ConfigurationStep, "detail": PolicyDetailStep}
)
FIXED: Mapping[str, Any] = {
    "userExperienceType": "cloudPc",
    "microsoftManagedDesktop": {"managedType": "notManaged", "profile": ""},
    "autopatch": None,
    "managedBy": "windows365",
    "alternateResourceUrl": None,
    "cloudPcGroupDisplayName": None,
    "scopeIds": ["0"],
}
"""Properties that every policy shows alike: nothing here has another value."""
POLICIES = Collection(
    name="provisioningPolicies",
    kinds=kinds_of("id", "imageDisplayName", moments="createdDateTime lastModifiedDateTime") | PROPERTIES.kinds,
    searched=(*PROPERTIES.searched, "imageDisplayName"),
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


@closed
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


PolicyView = typed(
    "PolicyView",
    {
        "id": str,
        **PROPERTIES.view_types(),
        "imageDisplayName": str,
        "domainJoinConfigurations": list[DomainJoinView],
        "userExperienceType": Literal["cloudPc"],
        "microsoftManagedDesktop": ManagedDesktopView,
        "autopatch": None,
        "managedBy": Literal["windows365"],
        "alternateResourceUrl": None,
        "cloudPcGroupDisplayName": None,
        "scopeIds": list[str],
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
        "assignments": list[AssignmentView],
        "@deskwright.paused": Annotated[Json, DumpOf(Paused)] | None,
        "@deskwright.warnings": NotRequired[list[Annotated[Json, DumpOf(ReviewWarning)]]],
    },
    "Graph's cloudPcProvisioningPolicy; warnings has one that the wizard has just saved.",
)
POLICY, ASSIGNMENT = Entity(PolicyView), Entity(AssignmentView)


def policy_view(policy: Policy, settings: TenantSettings, groups: Mapping[str, str] = MappingProxyType({})) -> Json:
    """Return a policy as Graph's; the tenant's *settings* replace unset values.

    *groups*: the names of groups by id, as far as they are known.
    """
    return {
        "id": policy.id,
        **PROPERTIES.view(policy, policy.configuration.decided(settings)),
        "imageDisplayName": policy.image_display_name,
        "domainJoinConfigurations": [_join_view(join) for join in policy.domain_join_configurations],
        **FIXED,
        "createdDateTime": timestamp(policy.created_date_time),
        "lastModifiedDateTime": timestamp(policy.last_modified_date_time),
        "assignments": assignments_view(policy, groups),
        "@deskwright.paused": policy.paused.to_json() if policy.paused else None,
    }


def _join_view(join: DomainJoinConfiguration) -> DomainJoinView:
    return {
        "domainJoinType": join.domain_join_type,
        "type": join.domain_join_type,
        "onPremisesConnectionId": join.on_premises_connection_id,
        "regionName": join.region_name,
        "regionGroup": join.region_group,
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
