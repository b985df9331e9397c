"""The session hosts of a Spot Group, the sessions on them, and the engine's decisions."""

from collections.abc import Sequence
from typing import Annotated

import azure.functions as func
from pydantic import AfterValidator, Field

from shared.domain.spot.engine.state import DesktopExplanation
from shared.domain.spot.groups.actions import HostAction
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import HostTask, SessionHost
from shared.domain.spot.hosts.sessions import Notice
from shared.domain.values import Id, Value, distinct
from shared.errors import InvalidError, Problem
from shared.services.spot import groups, session_hosts
from shared.services.spot.groups import pause_of
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import action_endpoint, endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import Page
from triggers.http.operations.operations import accepted
from triggers.http.views.operations import OPERATION
from triggers.http.views.session_hosts import (
    DECISION,
    DECISIONS,
    SESSION,
    SESSION_HOST,
    SESSION_HOSTS,
    SESSIONS,
    SessionHostView,
    decision_view,
    session_host_view,
    session_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_GROUP = f"{BASE}/spotGroups/{{id}}"
_HOST = f"{_GROUP}/hosts/{{host}}"
_Ids = Annotated[tuple[Id, ...], Field(min_length=1, max_length=500), AfterValidator(distinct)]


class MessageForm(Notice):
    """Message to users. *session_ids*: the sessions; left out: all sessions."""

    session_ids: _Ids | None = None


class LogOffForm(Value):
    """The sessions to sign off."""

    session_ids: _Ids


@bp.route(route=f"{_GROUP}/hosts", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/sessionHosts/read",
    graph=True,
    returns=Page(SESSION_HOST),
    query=SESSION_HOSTS,
    reach=scopes.SPOT_GROUP,
)
async def list_session_hosts(call: Call) -> Response:
    """List the session hosts of a Spot Group, with the engine's last decision on each."""
    hosts = await session_hosts.hosts_of(call.context, await _group(call))
    return await graph_whole_list(call, SESSION_HOSTS, await _views(call, hosts))


@bp.route(route=_HOST, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sessionHosts/read", graph=True, returns=SESSION_HOST, reach=scopes.SPOT_GROUP)
async def get_session_host(call: Call) -> Response:
    """Show one session host."""
    stored = await _host(call)
    (view,) = await _views(call, [stored.value])
    return ok(view, etag=stored.etag)


@bp.route(route=f"{_HOST}/drain", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(HostAction.DRAIN, graph=True, returns=SESSION_HOST, reach=scopes.SPOT_GROUP)
async def drain_session_host(call: Call, client: DurableClient) -> Response:
    """Let a host have no new sessions until an administrator undoes it; existing sessions stay."""
    return await _drain(call, client, drained=True)


@bp.route(route=f"{_HOST}/undrain", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(HostAction.UNDRAIN, graph=True, returns=SESSION_HOST, reach=scopes.SPOT_GROUP)
async def undrain_session_host(call: Call, client: DurableClient) -> Response:
    """Give a drained host back to the engine, which opens it when its seats are needed."""
    return await _drain(call, client, drained=False)


@bp.route(route=f"{_HOST}/exclude", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(HostAction.EXCLUDE, graph=True, returns=SESSION_HOST, reach=scopes.SPOT_GROUP)
async def exclude_session_host(call: Call, client: DurableClient) -> Response:
    """Let the engine leave a host alone: it is not started, stopped, repaired or replaced."""
    return await _exclude(call, client, excluded=True)


@bp.route(route=f"{_HOST}/include", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(HostAction.INCLUDE, graph=True, returns=SESSION_HOST, reach=scopes.SPOT_GROUP)
async def include_session_host(call: Call, client: DurableClient) -> Response:
    """Give a host back to the engine."""
    return await _exclude(call, client, excluded=False)


@bp.route(route=f"{_HOST}/restart", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(
    HostAction.RESTART,
    graph=True,
    returns={202: OPERATION},
    query=("confirm",),
    reach=scopes.SPOT_GROUP,
)
async def restart_session_host(call: Call, client: DurableClient) -> Response:
    """Restart a host: 409 with the sessions that end by it, until the request says ``confirm=true``."""
    return await _task(call, client, HostTask.RESTART)


@bp.route(route=f"{_HOST}/remove", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(
    HostAction.REMOVE,
    graph=True,
    returns={202: OPERATION},
    query=("confirm",),
    reach=scopes.SPOT_GROUP,
)
async def remove_session_host(call: Call, client: DurableClient) -> Response:
    """Remove a host, which the engine builds anew: 409 with its sessions, until the request says ``confirm=true``."""
    return await _task(call, client, HostTask.REMOVE)


@bp.route(route=f"{_GROUP}/sessions", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/userSessions/read", graph=True, returns=Page(SESSION), query=SESSIONS, reach=scopes.SPOT_GROUP
)
async def list_sessions(call: Call) -> Response:
    """List the sessions on the hosts of a Spot Group, as Azure shows them now."""
    found = await session_hosts.sessions_of_group(call.context, await _group(call))
    return await graph_whole_list(call, SESSIONS, [session_view(each) for each in found])


@bp.route(route=f"{_GROUP}/sessions/message", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/userSessions/message",
    graph=True,
    accepts=MessageForm,
    returns=session_hosts.SessionCount,
    reach=scopes.SPOT_GROUP,
)
async def message_sessions(call: Call) -> Response:
    """Show a message to the users of some sessions, or of all."""
    form = call.read(MessageForm, call.json())
    notice = Notice(title=form.title, body=form.body)

    async def perform() -> Response:
        await call.match_record(call.deps.spot_groups)
        group = await _group(call)
        counted = await session_hosts.message_sessions(call.context, group, form.session_ids, notice)
        return ok(counted.to_json())

    return await once(call, perform)


@bp.route(route=f"{_GROUP}/sessions/logOff", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/userSessions/logOff",
    graph=True,
    accepts=LogOffForm,
    returns=session_hosts.SessionCount,
    reach=scopes.SPOT_GROUP,
)
async def log_off_sessions(call: Call, client: DurableClient) -> Response:
    """Sign off some sessions; unsaved work of their users is lost."""
    form = call.read(LogOffForm, call.json())

    async def perform() -> Response:
        await call.match_record(call.deps.spot_groups)
        group = await _group(call)
        return ok((await session_hosts.log_off_sessions(call.context, client, group, form.session_ids)).to_json())

    return await once(call, perform)


@bp.route(route=f"{_GROUP}/decisions", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/sessionHosts/read", graph=True, returns=Page(DECISION), query=DECISIONS, reach=scopes.SPOT_GROUP
)
async def list_decisions(call: Call) -> Response:
    """List the engine's decisions for a Spot Group, the newest first, each with its reason."""
    group = await _group(call)
    found = await call.deps.spot_decisions.find(group.tenant_id, group.id)
    kept = found.value.decisions if found else ()
    return await graph_whole_list(call, DECISIONS, [decision_view(each) for each in kept])


@bp.route(route=f"{_GROUP}/explain", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/explanations/read",
    graph=True,
    returns=DesktopExplanation,
    query=("user",),
    reach=scopes.SPOT_GROUP,
)
async def explain_desktop(call: Call) -> Response:
    """Explain why a user has, or waits for, a desktop of a Spot Group; ``user``: principal name or id."""
    named = call.query("user")
    if not named:
        raise InvalidError(Problem("user", "required: a user principal name or an id"))
    explained = await groups.explain_desktop_of(call.context, await _group(call), named)
    return ok(explained.to_json())


async def _drain(call: Call, client: DurableClient, *, drained: bool) -> Response:
    host = await session_hosts.drain_host(call.context, client, await _host(call), drained=drained)
    return ok((await _views(call, [host]))[0])


async def _exclude(call: Call, client: DurableClient, *, excluded: bool) -> Response:
    host = await session_hosts.exclude_host(call.context, client, await _host(call), excluded=excluded)
    return ok((await _views(call, [host]))[0])


async def _task(call: Call, client: DurableClient, task: HostTask) -> Response:
    confirmed = call.is_confirmed

    async def perform() -> Response:
        host = (await _host(call)).value
        return accepted(await session_hosts.begin_host_task(call.context, client, host, task, confirmed=confirmed))

    return await once(call, perform)


async def _group(call: Call) -> SpotGroup:
    return (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value


async def _host(call: Call) -> Stored[SessionHost]:
    stored = await session_hosts.host_of(call.context, await _group(call), call.param("host"))
    call.match(stored.etag)
    return stored


async def _views(call: Call, hosts: Sequence[SessionHost]) -> list[SessionHostView]:
    """Return hosts of the group with the latest decision of each, and the names of their users."""
    found = await call.deps.spot_decisions.find(call.tenant.id, call.param("id"))
    why = {each.session_host_id: each for each in reversed(found.value.decisions)} if found else {}
    users = {}
    if any(host.assigned_user_id for host in hosts):
        members = call.deps.spot_members.each(call.tenant.id, group_id=call.param("id"))
        users = {stored.value.user_id: stored.value.user_principal_name async for stored in members}
    group = await _group(call)
    wanted, paused = await session_hosts.settings_of(call.context, group), await pause_of(call.context, group)
    return [session_host_view(host, why, users, wanted, paused) for host in hosts]
