"""Repositories of the roles that tenants define, and of the grants of roles."""

from __future__ import annotations

from functools import cached_property

from shared.domain.tenants.access import AccessGrant, RoleDefinition
from shared.domain.wizards.fields import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_DEFINITIONS = Shape(
    table="roledefinitions", noun="role", model=RoleDefinition, place=lambda role: (role.tenant_id, role.id)
)
_GRANTS = Shape(
    table="accessgrants",
    noun="grant of access",
    model=AccessGrant,
    place=lambda grant: (grant.tenant_id, grant.id),
    columns={
        "support": lambda grant: None if grant.app_scope_ids else grant.support,
        "role_definition_id": lambda grant: grant.role_definition_id,
    },
)
"""A grant with scopes has no column ``support``: a release that knows no scopes looks for assignments by it, and would
take such a grant for one in the whole tenant."""


class AccessRecords:
    """The roles that tenants define, and the grants of roles."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @cached_property
    def role_definitions(self) -> Repository[RoleDefinition]:
        """The roles that tenants define."""
        return NamedRepository(self.tables, _DEFINITIONS, lambda role: folded(role.display_name))

    @cached_property
    def access_grants(self) -> Repository[AccessGrant]:
        """The grants of roles."""
        return Repository(self.tables, _GRANTS)
