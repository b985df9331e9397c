"""The warning in the sessions on a machine before they are interrupted."""

from __future__ import annotations

import logging

from activities.cloud_pcs.desktops import hosts_of
from shared.clients.arm import ResourceId
from shared.contracts.builds import WARN_SESSIONS, Warned, WarnOrder
from shared.contracts.desktops import ForgetSessionHostOrder
from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.dependencies import dependencies
from shared.domain.notices.texts import locale_of, session_text
from shared.domain.spot.hosts.sessions import Notice
from shared.errors import ThrottledError, UnavailableError
from shared.services.spot.sessions import DISCONNECTED, state_of, tell_session
from shared.workflow import Blueprint, implements

bp = Blueprint()

_log = logging.getLogger("deskwright.activities")


@bp.activity_trigger(input_name="payload")
@implements(WARN_SESSIONS)
async def warn_sessions(order: WarnOrder) -> Warned | Refused:
    """Show a message in the sessions on a machine; return the time that active users have to save their work.

    Nobody is warned of what they have asked for themselves.
    """
    deps = dependencies()
    tenant = (await deps.tenants.get(order.tenant_id)).value
    minutes = tenant.settings.session_warning_in_minutes
    if not minutes or await _is_own(order):
        return Warned()
    title, body = session_text(order.text, minutes, locale_of(order.locale))
    active = 0
    async for pool, host in hosts_of(ForgetSessionHostOrder(machine=order.machine, host_pool_id=order.host_pool_id)):
        active += await _warn(pool, host, Notice(title=title, body=body))
    return Warned(minutes=minutes if active else 0)


async def _is_own(order: WarnOrder) -> bool:
    """Whether the user of the Cloud PC has asked for the interruption themselves."""
    deps = dependencies()
    found = await deps.operations.find(order.tenant_id, order.operation_id) if order.operation_id else None
    pc = await deps.cloud_pcs.find(order.tenant_id, order.cloud_pc_id)
    if found is None or pc is None:
        return False
    return found.value.requested_by.casefold() == pc.value.user.user_principal_name.casefold()


async def _warn(pool: ResourceId, host: str, notice: Notice) -> int:
    """Warn in each session of a host; return how many were active and have been shown it."""
    deps, active = dependencies(), 0
    try:
        there = deps.desktops(pool.subscription_id).user_sessions
        sessions = [each async for each in there.list(pool.resource_group, pool.name, host)]
    except MissingError:
        return 0
    for session in sessions:
        number = str(session.id).rpartition("/")[2]
        try:
            shown = await tell_session(deps, pool, host, number, notice)
        except ThrottledError:
            raise
        except (DeclinedError, UnavailableError) as error:
            _log.warning("a session of pool %s could not be warned: %s", pool.name, type(error).__name__)
            continue
        active += shown and state_of(session) != DISCONNECTED
    return active
