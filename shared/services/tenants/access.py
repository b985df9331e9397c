"""Roles that a tenant defines and their grants, support access, and the grants that somebody holds now.

Nobody gives more than they have: a caller hands over the permissions that they hold in the whole tenant.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.caching import TtlCache
from shared.clients.directory import existing_groups
from shared.clients.pacing import retry_while_throttled
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError, UnansweredError
from shared.dependencies import Dependencies
from shared.domain.graph_property import changed
from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.access import (
    LONGEST_SUPPORT,
    MOST_DEFINITIONS,
    MOST_GRANTS,
    AccessGrant,
    GrantStatus,
    RoleAssignmentForm,
    RoleDefinition,
    RoleDefinitionForm,
    SupportAccessForm,
)
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value, amount
from shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Problem,
    RefusedError,
    UnavailableError,
)
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.named_records import NamedKind
from shared.services.operations.writes import deletion, insertion, replacement
from shared.services.tenants.scopes import refuse_unknown_scopes
from shared.storage.repository import Stored, unreadable_left_out

if TYPE_CHECKING:
    from shared.clients.graph import Graph

_log = logging.getLogger("deskwright.services")
_ROLES = NamedKind(
    ResourceType.ROLE_DEFINITION,
    lambda deps: deps.role_definitions,
    Problem("/displayName", "a role of this name exists; choose another name"),
)

_MEMBERSHIP: TtlCache[frozenset[str]] = TtlCache(timedelta(minutes=5))
"""The groups of a caller that have roles: somebody who leaves a group keeps its roles until the entry ends."""

Granting = Callable[[str, RoleDefinition | None], frozenset[str]]
"""Returns the permissions of a role by its id, and by its definition where the tenant has defined it."""


@dataclass(frozen=True, slots=True)
class Granter:
    """Rights of a caller who gives rights. *held*: their permissions; *may_give*: all that a role may have.

    *of_role*: returns the permissions of a role; *built_in*: the ids of the roles that every tenant has.
    """

    held: frozenset[str]
    may_give: frozenset[str]
    of_role: Granting
    built_in: Collection[str]

    def refuse_more(self, permissions: frozenset[str]) -> None:
        """Raise ForbiddenError where *permissions* are more than the granter holds."""
        if missing := sorted(permissions - self.held):
            raise ForbiddenError(f"you cannot give what you do not have: {', '.join(missing[:5])}")


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant that counts now. *role*: the definition, None for a role that every tenant has, or that is gone."""

    grant: AccessGrant
    role: RoleDefinition | None


@dataclass(frozen=True, slots=True)
class HeldGrants:
    """The grants that somebody holds. *unread*: why there may be more, None where all are known."""

    grants: tuple[HeldGrant, ...] = ()
    unread: str | None = None


async def define_role(context: ActionContext, form: RoleDefinitionForm, granter: Granter) -> Stored[RoleDefinition]:
    """Add a role. Raises: InvalidError, ForbiddenError, ConflictError."""
    deps = context.deps
    role = _ROLES.new(context, RoleDefinition, form)
    _judge(role, granter)
    count = len([1 async for _ in deps.role_definitions.each(context.tenant.id)])
    if count >= MOST_DEFINITIONS:
        raise ConflictError(f"a tenant may define {MOST_DEFINITIONS} roles", roles=count)
    return await _ROLES.insert(context, role)


async def change_role(
    context: ActionContext, stored: Stored[RoleDefinition], edit: Value, granter: Granter
) -> Stored[RoleDefinition]:
    """Apply the changes that *edit* names, for everybody who has the role. Raises: InvalidError, ForbiddenError."""
    after = changed(stored.value, edit)
    if after == stored.value:
        return stored
    _judge(after, granter)
    return await _ROLES.replace(context, stored, after)


async def delete_role(context: ActionContext, stored: Stored[RoleDefinition]) -> None:
    """Delete a role that nobody has. Raises: ConflictError, StaleError."""
    role, deps = stored.value, context.deps
    given = [each.value async for each in deps.access_grants.each(role.tenant_id, role_definition_id=role.id)]
    if left := [each for each in given if each.status(context.now) is not GrantStatus.EXPIRED]:
        raise ConflictError(f"the role is given: {amount(len(left), 'assignment')}; delete them first")
    await _ROLES.remove(context, stored)


def _judge(role: RoleDefinition, granter: Granter) -> None:
    """Refuse permissions that no role of a tenant may have, or that the granter lacks."""
    problems = [
        Problem(f"/rolePermissions/{n}/allowedResourceActions/{m}", "no role of a tenant can have this permission")
        for n, each in enumerate(role.role_permissions)
        for m, action in enumerate(each.allowed_resource_actions)
        if action not in granter.may_give
    ]
    if problems:
        raise InvalidError(*problems)
    granter.refuse_more(role.permissions)


async def assign_role(context: ActionContext, form: RoleAssignmentForm, granter: Granter) -> Stored[AccessGrant]:
    """Give a role to principals of the tenant's directory. Raises: InvalidError, ForbiddenError, ConflictError."""
    _judge_scopes(form)
    await _judge_role(context, form.role_definition_id, granter, granter.built_in)
    await refuse_unknown_scopes(context.deps, context.tenant.id, form.app_scope_ids)
    groups = await _groups_among(context.deps.graph(context.tenant), form.principal_ids, applications=True)
    grant = AccessGrant(
        id=context.new_id("roleAssignment"),
        tenant_id=context.tenant.id,
        display_name=form.display_name,
        description=form.description,
        role_definition_id=form.role_definition_id,
        principal_ids=form.principal_ids,
        group_ids=groups,
        app_scope_ids=form.app_scope_ids,
        requested_by=context.actor.name,
        approved_by=context.actor.name,
        created_date_time=context.now,
    )
    return await _insert(context, grant)


def _judge_scopes(form: RoleAssignmentForm) -> None:
    """Refuse scopes beside the whole tenant, and neither of both in words: such an assignment would have no limit."""
    if form.app_scope_ids and form.directory_scope_ids:
        raise InvalidError(Problem("/directoryScopeIds", "leave it out, or appScopeIds: / is the whole tenant"))
    if not form.app_scope_ids and form.directory_scope_ids == ():
        raise InvalidError(Problem("/directoryScopeIds", "write / for the whole tenant, or name scopes in appScopeIds"))


async def _groups_among(graph: Graph, principal_ids: Sequence[str], *, applications: bool) -> tuple[str, ...]:
    """Return which principals are groups. *applications*: they may be among them.

    Raises: InvalidError for ids that the directory does not know.
    """
    groups = {group.id for group in await existing_groups(graph, principal_ids)}
    others = [each for each in principal_ids if each not in groups]
    users = await retry_while_throttled(lambda: graph.users_by_id(others)) if others else {}
    kinds = "user, group or application" if applications else "user or group"
    problems = []
    for n, each in enumerate(principal_ids):
        known = each in groups or each in users or (applications and await _is_application(graph, each))
        if not known:
            problems.append(Problem(f"/principalIds/{n}", f"the directory has no {kinds} of this id"))
    if problems:
        raise InvalidError(*problems)
    return tuple(each for each in principal_ids if each in groups)


async def _is_application(graph: Graph, object_id: str) -> bool:
    try:
        await graph.service_principal_name(object_id)
    except NotFoundError:
        return False
    return True


async def begin_support(
    context: ActionContext, form: SupportAccessForm, granter: Granter, *, approved: bool
) -> Stored[AccessGrant]:
    """Let people of the provider in until an end, or ask for that where it is not *approved* yet.

    Raises: InvalidError, ForbiddenError, ConflictError where the tenant is the provider's own.
    """
    if context.tenant.entra_tenant_id == context.deps.settings.provider_tenant_id.lower():
        raise ConflictError("the tenant is of the provider's own directory: assign a role there")
    if not context.now < form.end_date_time <= context.now + LONGEST_SUPPORT:
        message = f"write a time from now on, at most {LONGEST_SUPPORT.days} days ahead"
        raise InvalidError(Problem("/endDateTime", message))
    await _judge_role(context, form.role_definition_id, granter if approved else None, granter.built_in)
    groups = await _groups_among(context.deps.provider_graph(), form.principal_ids, applications=False)
    grant = AccessGrant(
        id=context.new_id("supportAccess"),
        tenant_id=context.tenant.id,
        display_name="Support access",
        description=form.reason,
        role_definition_id=form.role_definition_id,
        principal_ids=form.principal_ids,
        group_ids=groups,
        support=True,
        approved=approved,
        end_date_time=form.end_date_time,
        requested_by=context.actor.name,
        approved_by=context.actor.name if approved else None,
        created_date_time=context.now,
    )
    return await _insert(context, grant)


async def approve_support(context: ActionContext, stored: Stored[AccessGrant], granter: Granter) -> Stored[AccessGrant]:
    """Consent to support access that was asked for. Raises: ForbiddenError, ConflictError where its end has come."""
    grant = stored.value
    status = grant.status(context.now)
    if status is GrantStatus.EXPIRED:
        raise ConflictError("its end has come; ask for it again", status=status.value)
    if status is GrantStatus.ACTIVE:
        return stored
    await _judge_role(context, grant.role_definition_id, granter, granter.built_in)
    after = grant.but(approved=True, approved_by=context.actor.name)
    write = replacement(stored, after, context.deps.access_grants.replace)
    return await make_change(context, _resource(grant), write)


async def take_back(context: ActionContext, stored: Stored[AccessGrant]) -> None:
    """End a grant, or a request for support access; it counts for no later request. Raises: StaleError."""
    grant = stored.value
    await make_change(context, _resource(grant), deletion(stored, context.deps.access_grants))


def _resource(grant: AccessGrant) -> Resource:
    return Resource(ResourceType.SUPPORT_ACCESS if grant.support else ResourceType.ROLE_ASSIGNMENT, grant.id)


async def _judge_role(context: ActionContext, role_id: str, granter: Granter | None, built_in: Collection[str]) -> None:
    """Refuse a role that does not exist, and one with more than the *granter* holds; None gives nothing yet."""
    role = await context.deps.role_definitions.find(context.tenant.id, role_id)
    if role is None and role_id not in built_in:
        raise InvalidError(Problem("/roleDefinitionId", "there is no such role"))
    if granter is not None:
        granter.refuse_more(granter.of_role(role_id, role.value if role else None))


async def _insert(context: ActionContext, grant: AccessGrant) -> Stored[AccessGrant]:
    """Save a new grant. Raises: ConflictError."""
    deps = context.deps
    count = len([1 async for _ in deps.access_grants.each(context.tenant.id)])
    if count >= MOST_GRANTS:
        raise ConflictError(f"a tenant may have {MOST_GRANTS} assignments of roles", assignments=count)
    write = insertion(context, deps.access_grants, grant, grant.id)
    return await make_change(context, _resource(grant), write)


async def support_of(deps: Dependencies, caller_id: str, *, person: bool) -> list[tuple[Tenant, HeldGrants]]:
    """Return the tenants in which somebody of the provider's directory has support access now, with their grants.

    The directory is asked once, about the groups of all of them; while it does not answer, groups give nothing.
    """
    now = deps.clock.now()
    with unreadable_left_out():
        found = [each.value async for each in deps.access_grants.of_all(support=True)]
    active = [each for each in found if each.status(now) is GrantStatus.ACTIVE]
    groups, unread = await _provider_groups_of(deps, caller_id, active if person else ())
    by_tenant: dict[str, list[AccessGrant]] = {}
    for each in _held_among(active, caller_id, groups):
        by_tenant.setdefault(each.tenant_id, []).append(each)
    tenants = [await deps.tenants.find(tenant_id) for tenant_id in sorted(by_tenant)]
    return [
        (each.value, HeldGrants(await _with_roles(deps, each.value.id, by_tenant[each.value.id]), unread))
        for each in tenants
        if each is not None
    ]


async def delete_access_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the roles and grants of a tenant."""
    for repository in (deps.role_definitions, deps.access_grants):
        async for stored in repository.each(tenant_id):
            await repository.remove(tenant_id, stored.value.id)


async def grants_of(deps: Dependencies, tenant: Tenant, caller_id: str, *, at_home: bool, person: bool) -> HeldGrants:
    """Return the active grants of a caller in a tenant. *at_home*: they are of its directory; others have support.

    A grant that cannot be read gives nothing. Groups are asked for in the directory, which knows all of them, where a
    token names only some (docs/decisions/0300): the tenant's, or for support access the provider's.
    """
    now = deps.clock.now()
    with unreadable_left_out():
        found = [each.value async for each in deps.access_grants.each(tenant.id)]
    active = [each for each in found if each.support is not at_home and each.status(now) is GrantStatus.ACTIVE]
    among = active if person else ()
    if at_home:
        groups, unread = await _groups_of(deps, tenant, caller_id, _groups_in(among))
    else:
        groups, unread = await _provider_groups_of(deps, caller_id, among)
    return HeldGrants(await _with_roles(deps, tenant.id, _held_among(active, caller_id, groups)), unread)


def _groups_in(grants: Iterable[AccessGrant]) -> frozenset[str]:
    return frozenset(group for each in grants for group in each.group_ids)


def _held_among(grants: Iterable[AccessGrant], caller_id: str, groups: frozenset[str]) -> list[AccessGrant]:
    """Return the grants of a caller who is in *groups*."""
    return [each for each in grants if caller_id in each.principal_ids or not groups.isdisjoint(each.group_ids)]


async def _with_roles(deps: Dependencies, tenant_id: str, held: Sequence[AccessGrant]) -> tuple[HeldGrant, ...]:
    """Return grants of one tenant with their roles."""
    with unreadable_left_out():
        ids = sorted({each.role_definition_id for each in held})
        roles = {each.value.id: each.value for each in await deps.role_definitions.several(tenant_id, ids)}
    return tuple(HeldGrant(each, roles.get(each.role_definition_id)) for each in held)


async def _groups_of(
    deps: Dependencies, tenant: Tenant, caller_id: str, wanted: frozenset[str]
) -> tuple[frozenset[str], str | None]:
    """Return the caller's groups among *wanted*, and why they are not known, None where they are."""

    async def read() -> frozenset[str]:
        with on_behalf_of(tenant.id):
            graph = deps.graph(tenant)
            return await retry_while_throttled(lambda: graph.member_group_ids(caller_id, sorted(wanted)))

    async def held() -> frozenset[str]:
        return await _MEMBERSHIP.get_or(deps, (tenant.id, caller_id, wanted), read)

    return await _answered(held) if wanted else (frozenset(), None)


async def _provider_groups_of(
    deps: Dependencies, caller_id: str, grants: Iterable[AccessGrant]
) -> tuple[frozenset[str], str | None]:
    """Return which groups of support access a caller is in, and why that is not known, None where it is.

    The provider's directory is asked with each request: who has left the group is out of the customer's tenant at once.
    """
    wanted = sorted(_groups_in(grants))

    async def read() -> frozenset[str]:
        graph = deps.provider_graph()
        return await retry_while_throttled(lambda: graph.member_group_ids(caller_id, wanted))

    return await _answered(read) if wanted else (frozenset(), None)


async def _answered(read: Callable[[], Awaitable[frozenset[str]]]) -> tuple[frozenset[str], str | None]:
    """Return groups that a directory says, and why they are not known, None where they are."""
    try:
        return await read(), None
    except NotFoundError:
        return frozenset(), None
    except (DeclinedError, RefusedError, UnansweredError, UnavailableError) as error:
        _log.warning("the groups of a caller could not be read: %s", error)
        return frozenset(), "the directory did not say which groups you are in; try again soon"
