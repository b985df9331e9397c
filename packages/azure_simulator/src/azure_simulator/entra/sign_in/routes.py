"""The routes of signing in. People's decisions are written by requests to ourselves, so that the journal has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.requests import Request
from azure_simulator.core.routing import Routes
from azure_simulator.core.settings import NUMBER
from azure_simulator.entra.sign_in import (
    admin_consent,
    authorization,
    clients,
    consents,
    device_codes,
    pages,
    people,
    scopes,
    sessions,
    tickets,
)
from azure_simulator.entra.sign_in.state import STATE, SignIns
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape

    Declare = Callable[[Handler], Handler]

_V2 = "/{tenant}/oauth2/v2.0"
_SETTINGS: Shape = dict.fromkeys((*(f"{name}Seconds" for name in tickets.LIFETIMES_S), "deviceIntervalSeconds"), NUMBER)


def install(cloud: Cloud) -> None:
    """Serve the pages of a sign-in, and the control routes that stand for them."""
    cloud.state(STATE, SignIns)
    about = "how long codes, refresh tokens and sessions are good; how often a device may ask"
    cloud.setting("signIn", _SETTINGS, about)
    cloud.add(_pages(cloud))
    cloud.add(_control())


def _pages(cloud: Cloud) -> Routes:
    found = Routes("entra")

    def grant(call: Call, tenant: str, client: str, scope: str, user: str | None) -> None:
        _tell(cloud, call, "consents", {"tenant": tenant, "client": client, "scope": scope, "user": user})

    def grant_for_all(call: Call, tenant: str, client: str, scope: str) -> None:
        _tell(cloud, call, "consents", {"tenant": tenant, "client": client, "scope": scope, "appRoles": True})

    def settle(call: Call, tenant: str, user_code: str, _scope: str, user: str | None) -> None:
        said = {"declined": True} if user is None else {"tenant": tenant, "user": user}
        _tell(cloud, call, "deviceCodes", {"userCode": user_code, **said})

    def serve(name: str, method: str, path: str, *, mutates: bool = False) -> Declare:
        return found.operation(name, method, path, anonymous=True, mutates=mutates)

    for method in ("GET", "POST"):
        serve("entra.authorize", method, f"{_V2}/authorize")(authorization.authorize)
    serve("entra.login", "POST", f"{_V2}/login")(authorization.choose)
    serve("entra.consent", "POST", f"{_V2}/consent")(lambda call: authorization.agree(call, grant))
    serve("entra.logout", "GET", f"{_V2}/logout")(_leave)
    serve("entra.deviceCode", "POST", f"{_V2}/devicecode", mutates=True)(device_codes.begin)
    serve("entra.devicePage", "GET", "/{tenant}/oauth2/deviceauth")(device_codes.page)
    serve("entra.deviceEntry", "POST", "/{tenant}/oauth2/deviceauth")(
        lambda call: device_codes.enter(call, grant, settle)
    )
    for path in ("/{tenant}/v2.0/adminconsent", "/{tenant}/adminconsent"):
        serve("entra.adminConsent", "GET", path)(admin_consent.ask)
        serve("entra.adminConsent", "POST", path)(lambda call: admin_consent.agree(call, grant_for_all))
    return found


def _tell(cloud: Cloud, call: Call, what: str, body: Json) -> None:
    """Send a request to ourselves. Raises: Problem when it is refused."""
    address = urlsplit(call.base)
    headers = {"host": address.netloc, "content-type": "application/json"}
    data = json.dumps(body).encode()
    reply = cloud.handle(Request("POST", f"/_sim/entra/{what}", "", headers, data, address.scheme))
    if reply.status >= 400:  # noqa: PLR2004 - the range of errors
        error = json.loads(reply.body)["error"]
        raise Problem(reply.status, str(error["code"]), str(error["message"]))


def _control() -> Routes:
    found = Routes("sim")
    found.operation("sim.consents", "POST", "/_sim/entra/consents", anonymous=True)(_consent)
    found.operation("sim.deviceCodes", "POST", "/_sim/entra/deviceCodes", anonymous=True)(device_codes.settle)
    return found


def _consent(call: Call) -> Answer:
    """Consent as the page does: {client, scope, tenant, user, appRoles}; without a user for everybody."""
    body, directory = call.object(), directory_of(call.world)
    named = str(body.get("tenant") or next((each["tenantId"] for each in directory.tenants()), ""))
    tenant = clients.directory_name(directory, named)
    client = clients.find(directory, tenant, str(body.get("client", "")))
    user = people.find(directory, tenant, str(body["user"]))[1]["id"] if body.get("user") else None
    wanted = scopes.wanted(directory, tenant, client, scopes.parse(str(body.get("scope", "")), call.base))
    consents.write(
        call.world, tenant, client, [(api["appId"], each) for api, values in wanted for each in values], user
    )
    if body.get("appRoles"):
        consents.assign_app_roles(call.world, tenant, client)
    return Answer({"tenant": tenant, "client": client.id, "user": user})


def _leave(call: Call) -> Answer:
    """Sign out: forget everybody, and go where a registered application says."""
    wanted, directory = call.query.get("post_logout_redirect_uri", ""), directory_of(call.world)
    every = [app for tenant in directory.tenants() for app in directory.all("application", tenant["tenantId"])]
    if not wanted or not any(clients.Client("", app).platform(wanted) for app in every):
        return sessions.left(pages.said("You signed out", "You can close this window."))
    state = call.query.get("state")
    where = f"{wanted}{'&' if '?' in wanted else '?'}{urlencode({'state': state})}" if state else wanted
    return sessions.left(Answer(status=302, headers={"Location": where, "Cache-Control": "no-store"}))
