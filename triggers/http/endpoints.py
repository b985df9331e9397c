"""The frame of every HTTP route: authenticate, authorize, call the handler, answer, in this order.

``@bp.route(...)`` stays visible above ``@endpoint(verb)``. The function that is registered has exactly the parameters
that are bound, and no ``functools.wraps``: the Functions worker compares the two.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies, dependencies
from shared.domain.spot.groups.actions import SpotAction
from shared.domain.tenants.tenant import Tenant
from shared.errors import (
    ForbiddenError,
    InvalidError,
    MismatchError,
    NotFoundError,
    Problem,
    StaleError,
    UnauthenticatedError,
    UnavailableError,
    UnreadableError,
)
from shared.metering import METER, Execution
from shared.services.directory.tenants import tenants_by_directory
from shared.storage.repository import Stored, unreadable_left_out
from shared.workflow import DurableClient
from triggers.http.answers import http_response, is_held
from triggers.http.authentication import (
    CLIENT_PRINCIPAL,
    Caller,
    SignInFailures,
    TokenValidation,
    authenticate,
    bearer_token,
    token_validation,
)
from triggers.http.call import Call, Response, body_of, parts_of
from triggers.http.grants import grants_for
from triggers.http.json_schema import Json
from triggers.http.odata import Collection, named_parameters
from triggers.http.openapi_metadata import Node, Page, RouteMetadata, attach
from triggers.http.permissions import NOTHING, VERBS
from triggers.http.problems import answering_errors, write_down_refusal
from triggers.http.scopes import Reach, admit
from triggers.http.write_only import secret_places

_ATTEMPTS = 20
_MOST_CHARACTERS = 1000  # of a part of an address: storage answers longer ones with a 431
_UNPRINTABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
_SLASH = re.compile(r"[/\\]|%2f|%5c", re.IGNORECASE)
"""A slash within one part of an address: the host does not decode ``%2F`` (docs/func.md)."""
_GRAPH_VERSIONS = frozenset({"v1.0", "beta"})
_CLIENT_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

_FAILURES = SignInFailures()

Handler = Callable[..., Awaitable[Response]]


def endpoint(  # noqa: PLR0913 - what a route declares, by name
    verb: str,
    *,
    graph: bool = False,
    accepts: Node | None = None,
    optional: bool = False,
    returns: Node | Mapping[int, Node | None] | None = None,
    query: Collection | tuple[str, ...] = (),
    mutates: bool = True,
    action: Json | None = None,
    reach: Reach | None = None,
) -> Callable[[Handler], Callable[..., Awaitable[func.HttpResponse]]]:
    """Make ``handler(call)`` or ``handler(call, client)`` an HTTP function that *verb* guards.

    *mutates*: whether what is refused leaves an audit event, where the method is not GET. The others are for the
    OpenAPI document. *returns*: the body of a 200, or a body for each status. *action*: its extension about an action.
    *reach*: what it is about in a tenant; without it, it is closed to callers whose roles have a scope.
    """
    if verb not in VERBS:
        raise ValueError(f"{verb} is not in the table of permissions")

    def frame(handler: Handler) -> Callable[..., Awaitable[func.HttpResponse]]:
        async def respond(req: func.HttpRequest, trace_id: str, *clients: DurableClient) -> func.HttpResponse:
            calls: list[Call] = []

            async def perform() -> func.HttpResponse:
                call = await _authorized_call(req, verb, trace_id, calls, graph=graph, reach=reach)
                call.secrets = secrets
                _read_by(metadata, call)
                with on_behalf_of(call.tenant_id), _unreadable_of(call) as call.left_out:
                    return _http_response(await handler(call, *clients), req, trace_id)

            named = _error_context(req, trace_id) if graph else None
            response = await answering_errors(
                lambda: _on_newest(perform), graph=graph, trace_id=trace_id, request=named
            )
            if calls and mutates:
                await write_down_refusal(calls[0], verb, trace_id, response)
            return _timed(response)

        secrets = cache(lambda: secret_places(accepts))
        by_status = returns if isinstance(returns, Mapping) else {200: returns}
        metadata = RouteMetadata(accepts, optional, by_status, query, graph, verb, action, reach is not None)
        return _entry(handler, respond) if returns is None else attach(_entry(handler, respond), metadata)

    return frame


def _read_by(metadata: RouteMetadata, call: Call) -> None:
    """Give a call its parameters and the shape of its answer, as its route declares them. Raises: InvalidError."""
    call.returns = metadata.returns.get(HTTPStatus.OK)
    version = str(call.request.route_params.get("version", ""))
    call.params = named_parameters(call.request.params, metadata.query, graph=metadata.graph, version=version)
    if metadata.accepts is None and call.request.method != "GET":
        call.refuse_fields()


def action_endpoint(
    action: SpotAction,
    **described: Any,  # noqa: ANN401 - as ``endpoint`` has them
) -> Callable[[Handler], Callable[..., Awaitable[func.HttpResponse]]]:
    """Make ``handler(call)`` or ``handler(call, client)`` the HTTP function of an action."""
    return endpoint(action.permission, action=action.extension, **described)


def _unreadable_of(call: Call) -> AbstractContextManager[Sequence[UnreadableError]]:
    """Skip unreadable records in lists that a client reads; any other call fails on an unreadable record."""
    return unreadable_left_out() if isinstance(call.returns, Page) else nullcontext(())


def _timed(response: func.HttpResponse) -> func.HttpResponse:
    """Return a response with the service's time."""
    response.headers["X-Service-Time"] = dependencies().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return response


def _error_context(request: func.HttpRequest, trace_id: str) -> dict[str, str]:
    """Return the request's properties in Graph's errors: its time, and the id that its client has given it."""
    given = request.headers.get("client-request-id", "")
    client = given if _CLIENT_REQUEST_ID.fullmatch(given) else trace_id
    return {"date": dependencies().clock.now().strftime("%Y-%m-%dT%H:%M:%S"), "client-request-id": client}


async def _on_newest(perform: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """Return the response of *perform*; it begins again whenever somebody else was faster.

    Then it reads what they have written, and changes only what its own body names: of each field the last writer wins.
    Who must not write over others' changes says so by If-Match. Raises: MismatchError where that names another version,
    UnavailableError if others were faster too often.
    """
    for _ in range(_ATTEMPTS):
        try:
            return await perform()
        except MismatchError:
            raise
        except StaleError:
            continue
    raise UnavailableError(f"other writers were faster {_ATTEMPTS} times")


async def _authorized_call(
    request: func.HttpRequest, verb: str, trace_id: str, calls: list[Call], *, graph: bool, reach: Reach | None
) -> Call:
    """Return the call, once its caller is authenticated and may do *verb*; *calls* gets it once the caller is known."""
    deps = dependencies()
    validation = token_validation(deps.settings)
    params = request.route_params
    parts_of(request)
    _refuse_unusable({**request.params, **params})
    _refuse_slashes(params)
    if "version" in params and params["version"] not in _GRAPH_VERSIONS:
        raise NotFoundError("the versions are v1.0 and beta")
    if not (validation.trust_client_principal and request.headers.get(CLIENT_PRINCIPAL)):
        bearer_token(request.headers)  # nothing is read for a caller without a token
    tenant = None
    if "tenant" in params:
        caller, tenant = await _caller_in_tenant(request, validation, deps, str(params["tenant"]))
    else:
        caller = await _authenticated(request, validation, await _directories(deps))
    grants = await grants_for(deps, caller, verb, tenant.value) if tenant else NOTHING
    call = Call(request, deps, caller, tenant=tenant, verb=verb, trace_id=trace_id, graph=graph, grants=grants)
    try:
        await admit(call, reach)
    except ForbiddenError:
        calls.append(call)
        raise
    except NotFoundError:
        if grants.scoped:
            calls.append(call)
        raise
    calls.append(call)
    body_of(request)
    return call


def _refuse_unusable(texts: Mapping[str, str]) -> None:
    """Refuse an address with characters, or of a length, that no name has. Raises: InvalidError."""
    for name, text in texts.items():
        if len(name) > _MOST_CHARACTERS or len(text) > _MOST_CHARACTERS:
            raise InvalidError(Problem(name, f"write at most {_MOST_CHARACTERS} characters"))
        if _UNPRINTABLE.search(f"{name}{text}"):
            raise InvalidError(Problem(name, "leave out control characters, and characters that are not whole"))


def _refuse_slashes(parts: Mapping[str, str]) -> None:
    """Refuse a part of an address that contains a slash, which no id has. Raises: InvalidError."""
    for name, text in parts.items():
        if _SLASH.search(text):
            raise InvalidError(Problem(name, "there is none with a slash, encoded or not; write one id"))


async def _caller_in_tenant(
    request: func.HttpRequest, validation: TokenValidation, deps: Dependencies, tenant_id: str
) -> tuple[Caller, Stored[Tenant]]:
    """Return the caller and the addressed tenant; who is known from elsewhere learns that there is no such tenant.

    Who is not known learns nothing, whether there is such a tenant or not.
    """
    stored = await deps.tenants.find(tenant_id)
    directories = await _directories(deps) | ({stored.value.entra_tenant_id} if stored else set())
    caller = await _authenticated(request, validation, directories)
    if stored is None:
        raise NotFoundError("there is no such tenant")
    return caller, stored


async def _authenticated(request: func.HttpRequest, validation: TokenValidation, directories: set[str]) -> Caller:
    """Return the caller. Raises: UnauthenticatedError, SlowedDownError for an address from which many have failed."""
    try:
        return await authenticate(request.headers, validation, directories)
    except UnauthenticatedError:
        _FAILURES.add(request.headers)
        raise


async def _directories(deps: Dependencies) -> set[str]:
    """Return the directories whose callers are accepted: the provider's and all tenants'."""
    return {deps.settings.provider_tenant_id.lower(), *await tenants_by_directory(deps)}


def _http_response(response: Response, request: func.HttpRequest, trace_id: str) -> func.HttpResponse:
    headers = {"X-Trace-Id": trace_id, "Cache-Control": "no-store", **(response.headers or {})}
    if response.body is None:
        return http_response(status=response.status, headers=headers)
    plain = response.kind != "application/json"
    body = (str(response.body) if plain else json.dumps(response.body, separators=(",", ":"))).encode()
    if request.method == "GET" and response.status == HTTPStatus.OK and "ETag" not in headers:
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'  # of what is shown, not of a record
        if is_held(headers["ETag"], request.headers.get("if-none-match")):
            return http_response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return http_response(body, status=response.status, headers=headers, kind=response.kind)


def _entry(
    handler: Handler, respond: Callable[..., Awaitable[func.HttpResponse]]
) -> Callable[..., Awaitable[func.HttpResponse]]:
    """Return a function with exactly the parameters that are bound, whose executions are counted."""
    respond = METER.metered(Execution.REQUEST, respond)
    if "client" in inspect.get_annotations(handler):

        async def starting(req: func.HttpRequest, client: DurableClient, context: func.Context) -> func.HttpResponse:
            return await respond(req, str(context.invocation_id), client)

        entry: Callable[..., Awaitable[func.HttpResponse]] = starting
    else:

        async def plain(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return await respond(req, str(context.invocation_id))

        entry = plain
    entry.__name__ = entry.__qualname__ = handler.__name__
    entry.__doc__ = handler.__doc__
    entry.__module__ = handler.__module__
    return entry
