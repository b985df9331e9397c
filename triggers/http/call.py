"""A request as the routes see it, and their responses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.dependencies import Dependencies
from shared.domain.json_text import escape, read_json
from shared.domain.operations.operation import Actor
from shared.domain.tenants.scopes import Thing
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import (
    ForbiddenError,
    InvalidError,
    LengthRequiredError,
    MismatchError,
    NotFoundError,
    Problem,
    TooLargeError,
    UnavailableError,
    UnreadableError,
    few,
)
from shared.services.operations.action_context import ActionContext
from shared.services.tenants.access import Granter
from shared.storage.idempotency import fingerprint
from shared.storage.repository import Repository, Stored
from triggers.http.authentication import Caller
from triggers.http.openapi_metadata import Node
from triggers.http.permissions import NOTHING, Grants, Role, authorize, granter_of, token_permissions
from triggers.http.write_only import Place, without_secrets

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V", bound=Value)

_MOST_BYTES = 1 << 20
_MOST_MEMBERS = 5_000  # of all objects of a body; the largest form has some hundreds
_MOST_ELEMENTS = 18_000  # of all lists of a body; a bulk action may name as many
_DEEPEST = 20  # objects in each other; no form has as many
_MOST_KEY_CHARACTERS = 200
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_HOST_NAME = r"(?=.{1,253}(:|$))[0-9A-Za-z_]([0-9A-Za-z_-]{0,62})(\.[0-9A-Za-z_]([0-9A-Za-z_-]{0,62}))*\.?"
_ADDRESS = r"\[(?P<address>[0-9A-Fa-f:.]{2,45})\]"
_NETLOC = rf"({_HOST_NAME}|{_ADDRESS})(:(?P<port>[0-9]{{1,5}}))?"
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Response:
    """Response of a route; no *body*: none at all. *kind*: its media type; a body that is not JSON is a text."""

    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None
    kind: str = "application/json"


def ok(body: Any, *, etag: str | None = None) -> Response:  # noqa: ANN401 - any JSON
    """Answer 200."""
    return Response(200, body, {"ETag": etag} if etag else None)


def created(body: Any, location: str, *, etag: str | None = None) -> Response:  # noqa: ANN401 - any JSON
    """Answer 201 with the address of the new resource."""
    return Response(201, body, {"Location": location, **({"ETag": etag} if etag else {})})


def body_of(request: func.HttpRequest) -> bytes:
    """Return the body of a request. Raises: LengthRequiredError, TooLargeError.

    The Functions host hands a body on only where there is a Content-Length, and an empty one where it came in chunks;
    of those it passes the header on. A request that has no body anyway may say what it likes.
    """
    body: bytes = request.get_body()
    if not body and request.method not in _WITHOUT_BODY and "transfer-encoding" in request.headers:
        raise LengthRequiredError(
            "The body was sent in chunks (Transfer-Encoding), and Azure Functions hands no such body on."
            " Send it in one piece with a Content-Length."
        )
    if len(body) > _MOST_BYTES:
        raise TooLargeError(f"a body may have {_MOST_BYTES} bytes")
    return body


class Call:
    """One request of an authorised caller. Use cases take its ``context``."""

    def __init__(
        self,
        request: func.HttpRequest,
        deps: Dependencies,
        caller: Caller,
        *,
        tenant: Stored[Tenant] | None,
        verb: str,
        trace_id: str,
        graph: bool = False,
        grants: Grants = NOTHING,
    ) -> None:
        self.request, self.deps, self.caller, self.grants = request, deps, caller, grants
        self.params: Mapping[str, str] = {}
        """The query parameters, once the frame has checked them."""
        self.secrets: Callable[[], frozenset[Place]] = frozenset
        """Returns the places of the secrets in the body that the route declares."""
        self.returns: Node | None = None
        """Return type that the route declares."""
        self.left_out: Sequence[UnreadableError] = ()
        """The records that a list lacks, because they cannot be read."""
        self.now = deps.clock.now()
        self.verb, self._tenant, self._trace_id, self._graph = verb, tenant, trace_id, graph
        self.things: tuple[Thing, ...] = ()
        self.addressed: frozenset[str] = frozenset()
        """The ids of the things that the address names, of the kinds *things*; set where a role has a scope."""
        self.visible: frozenset[str] | None = None
        """The ids of the things that the caller may see or choose, by *column* of a list; None for all in it."""
        self.column = ""

    @cached_property
    def context(self) -> ActionContext:
        """Actor, tenant and time of the request. Raises: InvalidError where the Idempotency-Key is none.

        The seed is the caller's key with the digest of the request; without a key, this very delivery of the request.
        """
        key = self.idempotency_key if self.request.method != "GET" else None  # a read makes nothing
        return ActionContext(
            self.deps,
            self.actor,
            self._tenant.value if self._tenant else None,
            verb=self.verb,
            trace_id=self._trace_id,
            now=self.now,
            seed=("key", self.caller.actor.id, key, self.mark) if key else ("call", self._trace_id),
            repeatable=key is not None,
        )

    @property
    def actor(self) -> Actor:
        """The caller for the audit log, with the grants that they hold."""
        actor = self.caller.actor
        return actor.but(roles=(*actor.roles, *self.grants.names)) if self.grants.names else actor

    @property
    def stored_tenant(self) -> Stored[Tenant]:
        """The addressed tenant with its ETag. Raises: NotFoundError where the route addresses none."""
        if self._tenant is None:
            raise NotFoundError("there is no such tenant")
        return self._tenant

    @property
    def tenant(self) -> Tenant:
        """The addressed tenant. Raises: NotFoundError where the route addresses none."""
        return self.stored_tenant.value

    @property
    def tenant_id(self) -> str:
        """The tenant's id, empty where the route addresses none."""
        return self._tenant.value.id if self._tenant else ""

    def authorize(self, verb: str) -> None:
        """Check that the caller may do *verb* here. Raises: NotFoundError, ForbiddenError, UnavailableError."""
        if self.addressed and self.addressed <= self.grants.ids_for(verb, self.things):
            return
        tenant = self._tenant.value if self._tenant else None
        authorize(self.caller, verb, self.deps.settings.provider_tenant_id, tenant, self.grants)

    def holds(self, verb: str) -> bool:
        """Whether the caller may do *verb* in the whole tenant."""
        tenant = self._tenant.value if self._tenant else None
        held = token_permissions(self.caller, self.deps.settings.provider_tenant_id, tenant)
        return verb in held | self.grants.permissions

    def narrow(self, verb: str) -> None:
        """Check that the caller may do *verb* in the tenant or in scopes; of scopes, only their things stay visible.

        Raises: as ``authorize``; UnavailableError where there may be more that they reach.
        """
        if self.holds(verb) or verb not in self.grants.scoped:
            self.authorize(verb)
            return
        if self.grants.unread is not None:
            raise UnavailableError(self.grants.unread)
        reached = self.grants.ids_for(verb, self.things)
        self.visible = reached if self.visible is None else self.visible & reached

    def sees(self, row: Mapping[str, Any]) -> bool:
        """Whether the caller may see a row of the list that the route is."""
        return self.visible is None or row.get(self.column) in self.visible

    def may(self, verb: str) -> bool:
        """Whether the caller may do *verb* in the addressed tenant."""
        try:
            self.authorize(verb)
        except (ForbiddenError, NotFoundError, UnavailableError):
            return False
        return True

    @property
    def is_of_customer(self) -> bool:
        """Whether the caller is an administrator of the tenant's own directory, by a role of that directory.

        No route can take such a role away, so that whoever has it is never locked out.
        """
        return self.caller.directory_id == self.tenant.entra_tenant_id and Role.ADMINISTRATOR in self.caller.roles

    @property
    def granter(self) -> Granter:
        """The rights of the caller, who gives rights in the addressed tenant."""
        return granter_of(self.caller, self.deps.settings.provider_tenant_id, self.tenant, self.grants)

    def concern(self, tenant: Stored[Tenant]) -> None:
        """Set the tenant of a call whose address has none, after the route has found the resource and its tenant."""
        self._tenant = tenant

    def param(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.route_params[name])

    def query(self, name: str) -> str | None:
        """Return a query parameter, None when it is not there."""
        return self.params.get(name)

    @property
    def is_confirmed(self) -> bool:
        """Whether the request says ``confirm=true``: its caller was told the losses. Raises: InvalidError."""
        confirm = self.query("confirm") or "false"
        if confirm not in {"true", "false"}:
            raise InvalidError(Problem("confirm", "write true or false"))
        return confirm == "true"

    def json(self) -> dict[str, Any]:
        """Return the body, a JSON object. Raises: InvalidError."""
        if not isinstance(self._body, dict):
            raise InvalidError(Problem("", "the body must be a JSON object"))
        return dict(self._body)

    def json_if_any(self) -> dict[str, Any]:
        """Return the body, an empty object where there is none. Raises: InvalidError."""
        return self.json() if self.request.get_body() else {}

    def refuse_fields(self) -> None:
        """Refuse a body with fields in a request that takes none. Raises: InvalidError."""
        if given := self._without_annotations(self.json_if_any()):
            message = "unknown field; leave it out: there are no fields here"
            raise InvalidError(*few(len(given), (Problem(f"/{escape(name)}", message) for name in given)))

    def read(self, model: type[M], body: Mapping[str, Any] | None = None) -> M:
        """Return the body as *model*. Raises: InvalidError with a JSON pointer for each thing that is wrong."""
        try:
            return parse(model, self._without_annotations(self.json() if body is None else body))
        except ValidationError as error:
            raise InvalidError(*problems_of(error)) from error

    def match(self, etag: str) -> None:
        """Compare If-Match with the ETag that was read. Raises: MismatchError."""
        wanted = self.request.headers.get("if-match")
        if wanted and wanted.strip() != "*" and etag not in [each.strip() for each in wanted.split(",")]:
            raise MismatchError("it has changed since you read it; read it again")

    async def match_record(self, repository: Repository[V], id: str | None = None) -> None:  # noqa: A002 - the word of every record
        """Compare If-Match with the record that the address names (or *id*); nothing is read where it is not sent.

        Raises: MismatchError, NotFoundError.
        """
        if self.request.headers.get("if-match"):
            self.match((await repository.get(self.tenant_id, id or self.param("id"))).etag)

    @property
    def idempotency_key(self) -> str | None:
        """The caller's name for this request, so that sending it twice has the effect of once. Raises: InvalidError."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and not (0 < len(key) <= _MOST_KEY_CHARACTERS and key.isprintable()):
            message = f"write 1 to {_MOST_KEY_CHARACTERS} printable characters"
            raise InvalidError(Problem("Idempotency-Key", message))
        return str(key) if key is not None else None

    @property
    def mark(self) -> str:
        """A digest of method, path, query and body: the same when the request is sent again, under any host name.

        Secrets are left out: the digest is kept in a table, where a password could be guessed from it.
        """
        try:
            body = without_secrets(self._body, self.secrets()) if self.request.get_body() else None
        except InvalidError:  # refused when the body is read
            body = None
        address = parts_of(self.request)
        return fingerprint(self.request.method, address.path, address.query, body)

    @cached_property
    def _body(self) -> Any:  # noqa: ANN401 - JSON
        if not (body := self.request.get_body()):
            raise InvalidError(Problem("", "send a body: JSON in UTF-8, with a Content-Length"))
        try:
            text = body.decode("utf-8")
            return read_json(text, most_members=_MOST_MEMBERS, most_elements=_MOST_ELEMENTS, whole=True)
        except (ValueError, RecursionError) as error:
            raise InvalidError(Problem("", "write the body as JSON in UTF-8")) from error

    def _without_annotations(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body without the annotations of OData that Graph's clients send."""
        return dict(_bare(body, _DEEPEST)) if self._graph else dict(body)


def _bare(value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
    """Return a part of a body without annotations, which stand in every object of a client; *depth*: of them."""
    if isinstance(value, Mapping) and depth:
        return {name: _bare(each, depth - 1) for name, each in value.items() if "@odata." not in name}
    return [_bare(each, depth - 1) for each in value] if isinstance(value, list) and depth else value


def parts_of(request: func.HttpRequest) -> SplitResult:
    """Return the parts of the called address. Raises: InvalidError for a Host header that is none.

    What is in that header stands in the addresses of answers: only what can be the name or the address of a host.
    """
    wrong = InvalidError(Problem("Host", "write the name or the address of a host, and its port if it has one"))
    try:
        parts = urlsplit(str(request.url))
        found = re.fullmatch(_NETLOC, parts.netloc)  # compiled when first used, and kept by re
        if found is None or not 0 < int(found["port"] or 1) <= _MOST_PORT:
            raise wrong
        if found["address"]:
            ipaddress.IPv6Address(found["address"])
    except ValueError as error:
        raise wrong from error
    return parts
