"""Principal names of users: the present name by object id, and the users who may own a name that Azure shows.

A user is known by object id. A host pool takes and shows principal names, which change, and may be given to somebody
else.
"""

from __future__ import annotations

from activities.machines.identities import graph_of
from shared.dependencies import dependencies
from shared.domain.spot.hosts.sessions import SessionNames


async def present_name(tenant_id: str, user_id: str | None, known: str) -> str:
    """Return the principal name that a user has now; *known*, where the directory does not have the user."""
    found = await (await graph_of(tenant_id)).users_by_id([user_id]) if user_id is not None else {}
    return next((user.user_principal_name for user in found.values()), known)


async def users_named(tenant_id: str, name: str) -> frozenset[str]:
    """Return the object ids of the users whose principal name is *name*, or was, as far as the records show.

    A host pool goes on showing the name with which a desktop was assigned, and the directory may have given it to
    somebody else since.
    """
    deps = dependencies()
    names = SessionNames([each.value async for each in deps.spot_members.each(tenant_id)])
    async for each in deps.cloud_pcs.each(tenant_id, user_principal_name=name.casefold()):
        names.note(each.value.user.user_principal_name, each.value.user.id)
    for user_id in (await (await graph_of(tenant_id)).holders([name])).values():
        names.note(name, user_id)
    return names.candidates(name)
