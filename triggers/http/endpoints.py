"""The frame of every HTTP route: authenticate, authorise, parse, handle, answer, in this order.

``@bp.route(...)`` stays visible above ``@endpoint(verb)``. The function that is registered has exactly the parameters
that are bound, and no ``functools.wraps``: the Functions worker compares the two.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.contracts.tickets import on_behalf_of
from shared.dependencies import Dependencies, dependencies
from shared.domain.describing import Node
from shared.domain.graph.odata import Collection
from shared.domain.tenant import Tenant
from shared.domain.values import Value
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import ForbiddenError, InvalidError, NotFoundError, Problem, StaleError, TooLargeError
from shared.services.action_context import ActionContext
from shared.storage.idempotency import fingerprint
from shared.storage.repository import Stored
from shared.workflow import DurableClient
from triggers.http.authentication import Caller, StrangerError, Trust, authenticate, bearer
from triggers.http.described import Described, describe
from triggers.http.permissions import VERBS, authorise
from triggers.http.problems import answered
from triggers.http.trust import trust_of

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V", bound=Value)

_MOST_BYTES = 1 << 20
_MOST_KEY_CHARACTERS = 200
_GRAPH_VERSIONS = frozenset({"v1.0", "beta"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer; no *body*: none at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None


def ok(body: Any, *, etag: str | None = None) -> Answer:  # noqa: ANN401 - any JSON
    """Answer 200."""
    return Answer(200, body, {"ETag": etag} if etag else None)


def created(body: Any, location: str, *, etag: str | None = None) -> Answer:  # noqa: ANN401 - any JSON
    """Answer 201 with the address of what was made."""
    return Answer(201, body, {"Location": location, **({"ETag": etag} if etag else {})})


class Call(ActionContext):
    """One request, after its caller was authorised."""

    def __init__(
        self,
        request: func.HttpRequest,
        deps: Dependencies,
        caller: Caller,
        *,
        tenant: Stored[Tenant] | None,
        verb: str,
        trace_id: str,
    ) -> None:
        super().__init__(deps, caller.actor, tenant.value if tenant else None, verb=verb, trace_id=trace_id)
        self.request, self.caller, self._tenant = request, caller, tenant

    @property
    def stored_tenant(self) -> Stored[Tenant]:
        """The addressed tenant with its ETag."""
        if self._tenant is None:
            raise NotFoundError("there is no such tenant")
        return self._tenant

    @property
    def seed(self) -> tuple[str, ...]:
        """The key the caller gives the request, with all that the request says; without one, the request itself."""
        key = self.idempotency_key
        return ("key", self.actor.id, key, self.mark) if key else ("call", self.trace_id)

    @property
    def repeatable(self) -> bool:
        """Whether the caller has given the request a key."""
        return self.idempotency_key is not None

    def param(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.route_params[name])

    def query(self, name: str) -> str | None:
        """Return a query parameter, None when it is not there."""
        value = self.request.params.get(name)
        return str(value) if value is not None else None

    def json(self) -> dict[str, Any]:
        """Return the body, a JSON object. Raises: InvalidError."""
        try:
            body = json.loads(self.request.get_body() or b"")
        except (ValueError, RecursionError) as error:
            raise InvalidError(Problem("", "the body is not JSON")) from error
        if not isinstance(body, dict):
            raise InvalidError(Problem("", "the body must be a JSON object"))
        return body

    def json_if_any(self) -> dict[str, Any]:
        """Return the body, an empty object where there is none. Raises: InvalidError."""
        return self.json() if self.request.get_body() else {}

    def read(self, model: type[M], body: Mapping[str, Any] | None = None) -> M:
        """Return the body as *model*. Raises: InvalidError with a JSON pointer for each thing that is wrong."""
        try:
            return parse(model, self.json() if body is None else body)
        except ValidationError as error:
            raise InvalidError(*problems_of(error)) from error

    def match(self, etag: str) -> None:
        """Compare If-Match with what was read. Raises: StaleError."""
        wanted = self.request.headers.get("if-match")
        if wanted and wanted.strip() != "*" and etag not in [each.strip() for each in wanted.split(", ")]:
            raise StaleError("it has changed since you read it; read it again")

    @property
    def idempotency_key(self) -> str | None:
        """What the caller calls this request, so that sending it twice has the effect of once."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= _MOST_KEY_CHARACTERS:
            message = f"1 to {_MOST_KEY_CHARACTERS} characters"
            raise InvalidError(Problem("Idempotency-Key", message))
        return str(key) if key is not None else None

    @property
    def mark(self) -> str:
        """What this request has in common with itself when it is sent again: method, address, and body.

        Passwords do not count: the mark is kept in a table, where its digest could be guessed at.
        """
        try:
            body = without_passwords(json.loads(self.request.get_body() or b"null"))
        except (ValueError, RecursionError):  # refused in a moment
            body = None
        return fingerprint(self.request.method, self.request.url, body)


def without_passwords(said: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a body as it was sent, each password in it left empty."""
    if isinstance(said, dict):
        return {k: "" if k.lower().endswith("password") else without_passwords(v) for k, v in said.items()}
    return [without_passwords(each) for each in said] if isinstance(said, list) else said


Handler = Callable[..., Awaitable[Answer]]


def endpoint(
    verb: str,
    *,
    graph: bool = False,
    accepts: Node | None = None,
    optional: bool = False,
    returns: Node | Mapping[int, Node | None] | None = None,
    query: Collection | tuple[str, ...] = (),
) -> Callable[[Handler], Callable[..., Awaitable[func.HttpResponse]]]:
    """Make ``handler(call)`` or ``handler(call, client)`` an HTTP function that *verb* guards.

    The others are for the OpenAPI document (``described``); *returns*: the body of a 200, or a body for each status.
    """
    if verb not in VERBS:
        message = f"{verb} is not in the table of permissions"
        raise ValueError(message)

    def frame(handler: Handler) -> Callable[..., Awaitable[func.HttpResponse]]:
        async def respond(req: func.HttpRequest, trace_id: str, *clients: DurableClient) -> func.HttpResponse:
            async def perform() -> func.HttpResponse:
                call = await _let_in(req, verb, trace_id)
                with on_behalf_of(call.tenant_id):
                    return _response(await handler(call, *clients), trace_id)

            return await answered(perform, graph=graph, trace_id=trace_id)

        answers = (
            returns if isinstance(returns, Mapping) and all(isinstance(s, int) for s in returns) else {200: returns}
        )
        described = Described(accepts, optional=optional, returns=answers, query=query, graph=graph, verb=verb)
        return _entry(handler, respond) if returns is None else describe(_entry(handler, respond), described)

    return frame


async def _let_in(request: func.HttpRequest, verb: str, trace_id: str) -> Call:
    """Return the call, once it is known who calls and that he may."""
    deps = dependencies()
    trust = trust_of(deps.settings)
    params = request.route_params
    if "version" in params and params["version"] not in _GRAPH_VERSIONS:
        raise NotFoundError("the versions are v1.0 and beta")
    tenant = None
    if "tenant" in params:
        caller, tenant = await _admit(request, trust, deps, str(params["tenant"]))
    else:
        caller = await _provider(request, trust, deps.settings.provider_tenant_id.lower())
    authorise(caller, verb, deps.settings.provider_tenant_id, tenant.value if tenant else None)
    if len(request.get_body()) > _MOST_BYTES:
        raise TooLargeError(f"a body may have {_MOST_BYTES} bytes")
    return Call(request, deps, caller, tenant=tenant, verb=verb, trace_id=trace_id)


async def _admit(
    request: func.HttpRequest, trust: Trust, deps: Dependencies, tenant_id: str
) -> tuple[Caller, Stored[Tenant]]:
    """Return the caller and the tenant he addresses; to a stranger there is no such tenant."""
    if not (trust.trust_client_principal and request.headers.get("x-ms-client-principal")):
        bearer(request.headers)
    stored = await deps.tenants.find(tenant_id)
    provider = deps.settings.provider_tenant_id.lower()
    known = {provider, stored.value.entra_tenant_id} if stored else {provider}
    try:
        caller = await _authenticate(request, trust, known)
    except StrangerError as error:
        raise NotFoundError("there is no such tenant") from error
    if stored is None:
        raise NotFoundError("there is no such tenant")
    return caller, stored


async def _provider(request: func.HttpRequest, trust: Trust, directory_id: str) -> Caller:
    try:
        return await _authenticate(request, trust, {directory_id})
    except StrangerError as error:
        raise ForbiddenError("only the provider's own directory may do this") from error


async def _authenticate(request: func.HttpRequest, trust: Trust, directories: set[str]) -> Caller:
    return await authenticate(request.headers, trust, directories.__contains__)


def _response(answer: Answer, trace_id: str) -> func.HttpResponse:
    headers = {"X-Trace-Id": trace_id, "Cache-Control": "no-store", **(answer.headers or {})}
    if answer.body is None:
        return func.HttpResponse(status_code=answer.status, headers=headers)
    return func.HttpResponse(
        json.dumps(answer.body, separators=(",", ":")),
        status_code=answer.status,
        headers=headers,
        mimetype="application/json",
    )


def _entry(
    handler: Handler, respond: Callable[..., Awaitable[func.HttpResponse]]
) -> Callable[..., Awaitable[func.HttpResponse]]:
    """Return a function with exactly the parameters that are bound."""
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
