"""Declarations of the things that routes reach, for callers whose roles have a scope (docs/decisions/0277).

A route that declares nothing is closed to them: 403. What an address names outside of the scope is answered as what
does not exist: 404. Lists leave out the rows of other things (``triggers/http/lists.py``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.dependencies import Dependencies
from shared.domain.tenants.scopes import Thing
from shared.domain.values import Value
from shared.errors import ForbiddenError, InvalidError, NotFoundError, Problem, UnavailableError
from shared.services.cloud_pcs.moving import MoveForm
from shared.services.cloud_pcs.undeleting import UndeleteForm
from triggers.http.call import Call

Finder = Callable[[Dependencies, str, str], Awaitable[frozenset[str]]]
"""Returns the ids of the things that a record of a tenant is about; none where there is no such record."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """One record that the address names with *part*: a thing, or a record about things, which *finds* returns."""

    noun: str
    things: tuple[Thing, ...]
    part: str = "id"
    finds: Finder | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Many things, of which the call shows and changes those that are in ``Call.visible``.

    *column*: the property of a list's rows that names the thing.
    """

    things: tuple[Thing, ...]
    column: str = "id"


Reach = Addressed | Rows

_WITH_OPERATIONS = (Thing.CLOUD_PC, Thing.POLICY, Thing.SPOT_GROUP, Thing.CONNECTION)


async def _things_of_operation(deps: Dependencies, tenant_id: str, id_: str) -> frozenset[str]:
    """Return the target of an operation; of work on a session host, its Spot Group."""
    operation = await deps.operations.find(tenant_id, id_)
    if operation is None:
        return frozenset()
    host = await deps.session_hosts.find(tenant_id, operation.value.resource_id)
    return frozenset({host.value.spot_group_id if host else operation.value.resource_id})


async def _things_of_bulk_action(deps: Dependencies, tenant_id: str, id_: str) -> frozenset[str]:
    """Return all Cloud PCs of a bulk action: a caller has to reach each of them."""
    return frozenset(each.value.cloud_pc_id for each in await deps.bulk_items.of(tenant_id, id_))


CLOUD_PC, CLOUD_PCS = Addressed("Cloud PC", (Thing.CLOUD_PC,)), Rows((Thing.CLOUD_PC,))
BY_CLOUD_PC = Rows((Thing.CLOUD_PC,), "cloudPcId")
POLICY, POLICIES = Addressed("policy", (Thing.POLICY,)), Rows((Thing.POLICY,))
SPOT_GROUP, SPOT_GROUPS = Addressed("Spot Group", (Thing.SPOT_GROUP,)), Rows((Thing.SPOT_GROUP,))
CONNECTION, CONNECTIONS = Addressed("connection", (Thing.CONNECTION,)), Rows((Thing.CONNECTION,))
SITE, SITES = Addressed("site", (Thing.SITE,), "site"), Rows((Thing.SITE,))
OPERATION = Addressed("operation", _WITH_OPERATIONS, finds=_things_of_operation)
OPERATIONS = Rows(_WITH_OPERATIONS, "resourceId")
BULK_ACTION = Addressed("bulk action", (Thing.CLOUD_PC,), finds=_things_of_bulk_action)


async def admit(call: Call, reach: Reach | None) -> None:
    """Check that the caller has the permission of a route for the things that it reaches.

    Raises: as ``Call.authorize``; NotFoundError for what the address names outside of the scopes of the caller's roles.
    """
    if not call.grants.scoped:
        call.authorize(call.verb)
        return
    call.column = reach.column if isinstance(reach, Rows) else ""
    call.things = reach.things if reach else ()
    if isinstance(reach, Addressed):
        call.addressed = await _addressed(call, reach)
    elif isinstance(reach, Rows):
        call.narrow(call.verb)
        return
    try:
        call.authorize(call.verb)
    except (ForbiddenError, UnavailableError) as error:
        if call.verb not in call.grants.scoped or isinstance(error, UnavailableError):
            raise
        if reach is not None:
            raise NotFoundError(f"there is no such {reach.noun}") from error
        message = f"your role has a scope, and this is about the whole tenant (permission {call.verb})"
        raise ForbiddenError(message) from error


async def _addressed(call: Call, reach: Addressed) -> frozenset[str]:
    id_ = call.param(reach.part)
    return await reach.finds(call.deps, call.tenant.id, id_) if reach.finds else frozenset({id_})


NAMED_ELSEWHERE = frozenset({"provisioning_policy_id", "deleted_cloud_pc_id"})
"""Fields of actions that name things, which may be of another scope than the Cloud PC."""


async def refuse_other_scopes(call: Call, verb: str, form: Value) -> None:
    """Refuse an action on a Cloud PC that names a policy, or a Cloud PC of one, outside of the scope of *verb*.

    Raises: InvalidError, as for something that does not exist.
    """
    if call.holds(verb):
        return
    policies = call.grants.ids_for(verb, (Thing.POLICY,))
    if isinstance(form, MoveForm) and form.provisioning_policy_id not in policies:
        raise InvalidError(Problem("/provisioningPolicyId", "there is no such policy"))
    if isinstance(form, UndeleteForm):
        deleted = await call.deps.deleted_cloud_pcs.find(call.tenant.id, form.deleted_cloud_pc_id)
        if deleted is None or deleted.value.policy_id not in policies:
            raise InvalidError(Problem("/deletedCloudPcId", "there is no such deleted Cloud PC"))
