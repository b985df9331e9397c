"""The authorization endpoint: who signs in, whether they allow it, and the code that goes back.

`authorize` answers the client's request, `choose` the page with the people, `agree` the page with the permissions.
Both pages bring the client's request back, which is read anew. Sources:
learn.microsoft.com/entra/identity-platform/{v2-oauth2-auth-code-flow,v2-protocols-oidc,reference-error-codes}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from azure_simulator.core.answers import Problem
from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import clients, consents, pages, people, scopes, sessions, targets, tickets
from azure_simulator.entra.sign_in.issuing import SignIn
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure_simulator.core.answers import Answer
    from azure_simulator.core.calls import Call
    from azure_simulator.entra.sign_in.clients import Client
    from azure_simulator.entra.sign_in.scopes import Scopes
    from azure_simulator.entra.sign_in.targets import Target

    Grant = Callable[[Call, str, str, str, str | None], None]
    """Writes a consent: directory, client id, scope, user (`None` for everybody)."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_.~-]{43,128}")
_PROMPTS = frozenset({"", "login", "none", "consent", "select_account"})


@dataclass(frozen=True)
class _Asked:
    """A client's request that may be answered; `tenant` is empty for people of any directory."""

    tenant: str
    client: Client
    target: Target
    scopes: Scopes
    params: Mapping[str, str]

    def get(self, name: str) -> str:
        return self.params.get(name, "")

    @property
    def fields(self) -> dict[str, str]:
        """Hidden fields that a page sends back."""
        return {"request": urlencode(self.params)}


def authorize(call: Call) -> Answer:
    """Answer a client's request: with a page, or by sending the browser back."""
    params = dict(call.query) if call.method == "GET" else _form(call)
    return _answered(call, params, _begin)


def choose(call: Call) -> Answer:
    """Take the person who was chosen."""
    form = _form(call)
    return _answered(call, dict(parse_qsl(form.get("request", ""))), lambda one, asked: _chosen(one, asked, form))


def agree(call: Call, grant: Grant) -> Answer:
    """Take the answer to the permissions that were asked for."""
    form = _form(call)
    return _answered(
        call, dict(parse_qsl(form.get("request", ""))), lambda one, asked: _agreed(one, asked, form, grant)
    )


def _form(call: Call) -> dict[str, str]:
    return {str(name): str(value) for name, value in call.body.items()} if isinstance(call.body, dict) else {}


def _answered(call: Call, params: dict[str, str], proceed: Callable[[Call, _Asked], Answer]) -> Answer:
    """Read a client's request and go on with it; an error goes to the person or, once that is safe, the client."""
    directory = directory_of(call.world)
    try:
        tenant = clients.directory_name(directory, call.param("tenant"))
        client = clients.find(directory, tenant, params.get("client_id", ""))
        target = targets.read(client, params)
    except Problem as problem:
        return pages.refusal(problem)
    try:
        asked = _Asked(tenant, client, target, scopes.parse(params.get("scope", ""), call.base), params)
        _check(asked)
        return proceed(call, asked)
    except Problem as problem:
        return target.refused(problem)


def _check(asked: _Asked) -> None:
    kind, challenge = asked.get("response_type"), asked.get("code_challenge")
    if not kind:
        text = "The request body must contain the following parameter: 'response_type'."
        raise refuse(400, "invalid_request", 900144, text)
    if kind != "code":
        text = f"The simulator does not give the response_type '{kind}' to applications: only 'code'."
        raise refuse(400, "unsupported_response_type", 700051, text)
    if asked.get("prompt") not in _PROMPTS:
        raise refuse(400, "invalid_request", 90023, f"Unsupported 'prompt' value '{asked.get('prompt')}'.")
    if asked.target.platform == clients.SPA and not challenge:
        text = "Proof Key for Code Exchange is required for cross-origin authorization code redemption."
        raise refuse(400, "invalid_request", 9002325, text)
    method = asked.get("code_challenge_method") or "plain"
    if challenge and (method not in {"S256", "plain"} or not _CHALLENGE.fullmatch(challenge)):
        raise refuse(400, "invalid_request", 501491, "Invalid size or method of Code_Challenge parameter.")


def _begin(call: Call, asked: _Asked) -> Answer:
    """Go on with who has signed in before, or ask."""
    known, hint = sessions.accounts(call, asked.tenant), asked.get("login_hint").lower()
    if hint:
        known = [each for each in known if _is_hinted(call, each, hint)]
    if asked.get("prompt") == "none":
        return _silently(call, asked, known)
    if asked.get("prompt") in {"", "consent"} and len(known) == 1:
        return _proceed(call, asked, *known[0])
    return _ask(call, asked)


def _is_hinted(call: Call, account: tuple[str, str], hint: str) -> bool:
    user = directory_of(call.world).get("user", *account) or {}
    return hint in {str(user.get("userPrincipalName", "")).lower(), str(user.get("id", "")).lower()}


def _silently(call: Call, asked: _Asked, known: list[tuple[str, str]]) -> Answer:
    if not known:
        text = "Session information is not sufficient for single-sign-on."
        raise refuse(400, "login_required", 50058, text)
    if len(known) > 1:
        text = (
            "Either multiple user identities are available for the current request or selected account is not "
            "supported for the scenario."
        )
        raise refuse(400, "interaction_required", 16000, text)
    return _proceed(call, asked, *known[0])


def _ask(call: Call, asked: _Asked, note: str = "") -> Answer:
    found = people.listed(directory_of(call.world), asked.tenant)
    return pages.choose(_path(call, "login"), asked.fields, found, app=asked.client.name, note=note)


def _path(call: Call, step: str) -> str:
    return f"/{call.param('tenant')}/oauth2/v2.0/{step}"


def _chosen(call: Call, asked: _Asked, form: Mapping[str, str]) -> Answer:
    try:
        tenant, user = people.find(directory_of(call.world), asked.tenant, form.get("user", ""))
    except Problem as problem:
        return _ask(call, asked, problem.message)
    return sessions.entered(call, _proceed(call, asked, tenant, str(user["id"])), tenant, str(user["id"]))


def _agreed(call: Call, asked: _Asked, form: Mapping[str, str], grant: Grant) -> Answer:
    tenant, user = people.find(directory_of(call.world), asked.tenant, form.get("user", ""))
    if form.get("accept") not in {"user", "everybody"}:
        text = "User declined to consent to access the app."
        return asked.target.refused(refuse(400, "access_denied", 65004, text), "cancel")
    found = consents.missing(directory_of(call.world), tenant, asked.client, asked.scopes, user["id"])
    everybody = form["accept"] == "everybody"
    if not everybody and any(each.needs_administrator for each in found):
        text = f"The request requires the consent of an administrator to the application '{asked.client.name}'."
        raise refuse(400, "access_denied", 90094, text)
    grant(call, tenant, asked.client.id, asked.get("scope"), None if everybody else str(user["id"]))
    return _proceed(call, asked, tenant, str(user["id"]), agreed=True)


def _proceed(call: Call, asked: _Asked, tenant: str, name: str, *, agreed: bool = False) -> Answer:
    """Give a code for a person, once everything that is needed has been consented to."""
    directory = directory_of(call.world)
    client, (_, user) = clients.find(directory, tenant, asked.client.id), people.find(directory, tenant, name)
    principal = registrations.principal_of(directory, tenant, client.id)
    if principal is not None and principal.get("accountEnabled") is False:
        text = f"Application '{client.id}'({client.name}) is disabled."
        raise refuse(400, "unauthorized_client", 7000112, text)
    people.check_assigned(directory, tenant, user, principal)
    found = consents.missing(directory, tenant, client, asked.scopes, user["id"])
    if found and asked.get("prompt") == "none":
        text = (
            f"The user or administrator has not consented to use the application with ID '{client.id}' named "
            f"'{client.name}'. Send an interactive authorization request for this user and resource."
        )
        raise refuse(400, "consent_required", 65001, text)
    if found:
        consents.refuse_users(directory, tenant, client)
    if found or (asked.get("prompt") == "consent" and not agreed):
        shown = found or [consents.Missing(api, v) for api, v in scopes.wanted(directory, tenant, client, asked.scopes)]
        fields = {**asked.fields, "user": str(user["id"])}
        return pages.consent(_path(call, "consent"), fields, client.name, shown, admin=False)
    return asked.target.answer(_code(call, asked, tenant, user))


def _code(call: Call, asked: _Asked, tenant: str, user: Mapping[str, str]) -> dict[str, str]:
    target = asked.target
    done = SignIn(
        tenant,
        str(user["id"]),
        asked.client.id,
        target.platform,
        target.redirect_uri,
        asked.get("scope"),
        asked.get("nonce"),
    )
    proof = {"challenge": asked.get("code_challenge"), "method": asked.get("code_challenge_method") or "plain"}
    until_s = tickets.now_s() + tickets.lifetime_s(call.world, tickets.CODE)
    said = {"code": tickets.seal(call.world, tickets.CODE, {**done.carried(), **proof}, until_s)}
    if asked.get("client_info") == "1":
        said["client_info"] = people.client_info(tenant, dict(user))
    return said | {"session_state": call.world.guid("session", tenant, user["id"])}
