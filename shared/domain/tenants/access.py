"""Roles that a tenant defines, and the grants of roles to people: by its administrators, or as support access. Pure.

The names are those of Graph's ``roleManagement/cloudPC``: ``unifiedRoleDefinition``, ``unifiedRoleAssignmentMultiple``.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from shared.domain.graph_property import edit_of
from shared.domain.tenants.scopes import AppScopeIds
from shared.domain.values import Counted, Id, Label, NamedRecord, Value, distinct, one_line

MOST_DEFINITIONS, MOST_GRANTS = 100, 300
"""Limits of a tenant: grants are read with each request of callers who are no administrators by their tokens."""

LONGEST_SUPPORT = timedelta(days=30)
"""The latest end of support access, from its request or consent on."""

GRANT_KEPT = timedelta(days=90)
"""Time after its end for which support access is listed."""

Text = Annotated[str, Field(max_length=1000)]


def _permission(text: str) -> str:
    if not re.fullmatch(r"Microsoft\.CloudPC/[A-Za-z]+/[A-Za-z]+", text):
        raise ValueError("write a permission, such as Microsoft.CloudPC/cloudPCs/read")
    return text


def _principal_id(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]+", text):
        raise ValueError("write an object id: letters, digits and hyphens")
    return text.lower()  # as tokens have it


Permission = Annotated[str, Field(max_length=120), AfterValidator(_permission)]
PrincipalId = Annotated[str, Field(max_length=64), AfterValidator(_principal_id)]
"""Object id in a directory."""
Principals = Annotated[tuple[PrincipalId, ...], Field(min_length=1, max_length=50), Counted(), AfterValidator(distinct)]


class RolePermission(Value):
    """Permissions of a role."""

    allowed_resource_actions: Annotated[tuple[Permission, ...], Field(max_length=300), Counted()]


class RoleDefinitionForm(Value):
    """A role to define."""

    display_name: Label
    description: Text = ""
    role_permissions: Annotated[tuple[RolePermission, ...], Field(min_length=1, max_length=10), Counted()]


RoleDefinitionEdit = edit_of(RoleDefinitionForm, "RoleDefinitionEdit", "Changed properties of a role.")


class RoleDefinition(NamedRecord, RoleDefinitionForm):
    """A role that a tenant has defined."""

    @property
    def permissions(self) -> frozenset[str]:
        """All permissions of the role."""
        return frozenset(action for each in self.role_permissions for action in each.allowed_resource_actions)


class RoleAssignmentForm(Value):
    """A role to give to users, groups and applications of the tenant's own directory."""

    display_name: Label
    description: Text = ""
    role_definition_id: Id
    principal_ids: Principals
    directory_scope_ids: Annotated[tuple[Literal["/"], ...], Field(max_length=1)] | None = Field(
        None, description="the whole tenant, where appScopeIds names no scope"
    )
    app_scope_ids: AppScopeIds = Field(
        (), description="policies, Spot Groups and sites: /provisioningPolicies/{id}, /spotGroups/{id}, /sites/{id}"
    )


class SupportAccessForm(Value):
    """Access of people of the provider's directory to a customer's tenant."""

    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(one_line)]
    role_definition_id: Id
    principal_ids: Annotated[
        Principals, Field(description="object ids of users and groups of the provider's directory")
    ]
    end_date_time: Annotated[AwareDatetime, Field(description="at most 30 days from now")]


class GrantStatus(StrEnum):
    """Graph's words for delegated access."""

    APPROVAL_PENDING = "approvalPending"
    ACTIVE = "active"
    EXPIRED = "expired"


class AccessGrant(Value):
    """A role that was given to somebody in a tenant.

    *principal_ids*: users, groups and applications, of which *group_ids* are the groups. *app_scope_ids*: where it
    counts, empty for the whole tenant. *support*: the principals are of the provider's directory; their access has an
    end, and waits for the customer's consent until *approved*.
    """

    id: str
    tenant_id: str
    display_name: Label
    description: Text = ""
    role_definition_id: str
    principal_ids: tuple[str, ...]
    group_ids: tuple[str, ...] = ()
    app_scope_ids: AppScopeIds = ()
    support: bool = False
    approved: bool = True
    end_date_time: datetime | None = None
    requested_by: str
    approved_by: str | None = None
    created_date_time: datetime

    def status(self, now: datetime) -> GrantStatus:
        """Return whether the grant counts at *now*."""
        if self.end_date_time is not None and now >= self.end_date_time:
            return GrantStatus.EXPIRED
        return GrantStatus.ACTIVE if self.approved else GrantStatus.APPROVAL_PENDING

    def is_over(self, now: datetime) -> bool:
        """Whether the grant has ended so long ago that it is not kept any more."""
        return self.end_date_time is not None and now >= self.end_date_time + GRANT_KEPT
