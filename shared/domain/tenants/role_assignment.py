"""A holder of an app role in a tenant's directory. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.domain.values import Value


class PrincipalType(StrEnum):
    """Kinds of holders of a role, by Graph's names."""

    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"


class RoleAssignment(Value):
    """One holder of one role. *user_principal_name*: of a user that the directory still has."""

    id: str
    role: str
    principal_id: str
    principal_type: PrincipalType
    display_name: str
    user_principal_name: str | None = None
    created_date_time: datetime | None = None
