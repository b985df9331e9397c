"""The admin consent endpoints: an administrator lets an application into the directory, for everybody.

`/{tenant}/v2.0/adminconsent` grants the scopes that it names, `/{tenant}/adminconsent` all that the registration asks
for; both assign the app roles that the registration asks for where `.default` or nothing is named. Source:
learn.microsoft.com/entra/identity-platform/v2-admin-consent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from azure_simulator.core.answers import Problem
from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import clients, consents, pages, people, scopes, targets
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure_simulator.core.answers import Answer
    from azure_simulator.core.calls import Call
    from azure_simulator.entra.sign_in.clients import Client

_EVERYTHING = f"{scopes.GRAPH}/{scopes.DEFAULT}"


def ask(call: Call) -> Answer:
    """Show the page that asks for an administrator."""
    return _go_on(call, dict(call.query), {})


def agree(call: Call, grant: Callable[[Call, str, str, str], None]) -> Answer:
    """Take the administrator's answer; `grant` writes the consent: directory, client id, scope."""
    form = {str(name): str(value) for name, value in call.body.items()} if isinstance(call.body, dict) else {}
    return _go_on(call, dict(parse_qsl(form.get("request", ""))), form, grant)


def _go_on(
    call: Call,
    params: Mapping[str, str],
    form: Mapping[str, str],
    grant: Callable[[Call, str, str, str], None] | None = None,
) -> Answer:
    directory = directory_of(call.world)
    try:
        tenant = clients.directory_name(directory, call.param("tenant"))
        client = clients.find(directory, tenant, params.get("client_id", ""))
        target = targets.read(client, params)
    except Problem as problem:
        return pages.refusal(problem)
    fields = {"request": urlencode(params)}
    if not form.get("user"):
        return pages.choose(call.path, fields, people.listed(directory, tenant), app=client.name)
    scope = params.get("scope", "") or _EVERYTHING
    try:
        home, user = people.find(directory, tenant, form["user"])
        if not form.get("accept"):
            shown = _wanted(call, home, client, scope)
            return pages.consent(call.path, {**fields, "user": user["id"]}, client.name, shown, admin=True)
        if form["accept"] != "everybody" or grant is None:
            text = "The resource owner or authorization server denied the request."
            return target.refused(refuse(400, "access_denied", 65004, text), "cancel")
        grant(call, home, client.id, scope)
    except Problem as problem:
        return target.refused(problem)
    named = {"scope": params["scope"]} if params.get("scope") else {}
    return target.answer({"admin_consent": "True", "tenant": home, **named})


def _wanted(call: Call, tenant: str, client: Client, scope: str) -> list[consents.Missing]:
    asked = scopes.parse(scope, call.base)
    return [
        consents.Missing(api, values)
        for api, values in scopes.wanted(directory_of(call.world), tenant, client, asked)
        if values or scopes.DEFAULT in scope
    ]
