"""Signing in on a device without a browser: a code that people enter elsewhere, and the device that asks meanwhile.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code; `slow_down` is RFC 8628's (3.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import clients, consents, issuing, pages, people, scopes, sessions, tickets
from azure_simulator.entra.sign_in.issuing import SignIn
from azure_simulator.entra.sign_in.state import Device, sign_ins
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.keys import Keys
    from azure_simulator.entra.sign_in.authorization import Grant
    from azure_simulator.entra.sign_in.clients import Client

INTERVAL_S = 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 9


def begin(call: Call) -> Answer:
    """Give a device its codes."""
    form, directory = call.body if isinstance(call.body, dict) else {}, directory_of(call.world)
    tenant = clients.directory_name(directory, call.param("tenant"))
    client = clients.find(directory, tenant, str(form.get("client_id", "")))
    scope = str(form.get("scope", ""))
    scopes.parse(scope, call.base)
    number = call.world.attempt("entra.device", client.id)
    dice = call.world.rng("user code", client.id, number)
    user_code = "".join(dice.choice(_LETTERS) for _ in range(_LENGTH))
    device_code = call.world.guid("device code", client.id, number)
    lifetime_s = tickets.lifetime_s(call.world, "deviceCode")
    until_s = tickets.now_s() + lifetime_s
    sign_ins(call.world).devices[user_code] = Device(user_code, device_code, tenant, client.id, scope, until_s)
    where = f"{call.base}/common/oauth2/deviceauth"
    message = f"To sign in, use a web browser to open the page {where} and enter the code {user_code} to authenticate."
    interval_s = int(call.world.config.get("signIn", {}).get("deviceIntervalSeconds", INTERVAL_S))
    return Answer(
        {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": where,
            "expires_in": int(lifetime_s),
            "interval": interval_s,
            "message": message,
        }
    )


def page(call: Call) -> Answer:
    """Ask for the code that a device shows."""
    return pages.user_code(call.path, call.query.get("otc", ""))


def enter(call: Call, grant: Grant, answer: Grant) -> Answer:
    """Take the code, then who the person is, then the permissions; `answer` is told who signed in, or nobody."""
    form = {str(name): str(value) for name, value in call.body.items()} if isinstance(call.body, dict) else {}
    user_code = form.get("user_code", "").strip().upper()
    device = sign_ins(call.world).devices.get(user_code)
    if device is None or device.until_s <= tickets.now_s() or device.account or device.declined:
        return pages.user_code(call.path, user_code, "That code did not work. Check the code and try again.")
    client = clients.find(directory_of(call.world), device.tenant, device.client)
    if not form.get("user"):
        return _ask(call, device, client)
    try:
        tenant, user = people.find(directory_of(call.world), device.tenant, form["user"])
    except Problem as problem:
        return _ask(call, device, client, problem.message)
    return _entered(call, device, tenant, str(user["id"]), form.get("accept", ""), grant, answer)


def _ask(call: Call, device: Device, client: Client, note: str = "") -> Answer:
    found = people.listed(directory_of(call.world), device.tenant)
    return pages.choose(call.path, {"user_code": device.user_code}, found, app=client.name, note=note)


def _entered(call: Call, device: Device, tenant: str, user: str, accept: str, grant: Grant, answer: Grant) -> Answer:
    """Let a person sign in on a device, once they have consented to the missing scopes."""
    directory, fields = directory_of(call.world), {"user_code": device.user_code, "user": user}
    client = clients.find(directory, device.tenant, device.client)
    if accept == "no":
        answer(call, tenant, device.user_code, "", None)
        return pages.said("You have declined", "You can close this window.")
    try:
        found = consents.missing(directory, tenant, client, scopes.parse(device.scope, call.base), user)
        if found:
            consents.refuse_users(directory, tenant, client)
        if found and not accept:
            return pages.consent(call.path, fields, client.name, found, admin=False)
        if found:
            grant(call, tenant, client.id, device.scope, None if accept == "everybody" else user)
    except Problem as problem:
        return pages.refusal(problem)
    answer(call, tenant, device.user_code, "", user)
    done = pages.said("You have signed in", f"You can close this window. {client.name} goes on on your device.")
    return sessions.entered(call, done, tenant, user)


def settle(call: Call) -> Answer:
    """Answer for a device: {userCode, user, tenant}, or {userCode, declined}."""
    body = call.object()
    user_code, tenant = str(body.get("userCode", "")).upper(), str(body.get("tenant") or "")
    device = sign_ins(call.world).devices.get(user_code)
    if device is None:
        raise Problem(404, "NotFound", f"No device waits with the code {user_code!r:.40}.")
    if body.get("declined"):
        device.declined = True
    else:
        directory = directory_of(call.world)
        name = device.tenant or (clients.directory_name(directory, tenant) if tenant else "")
        found, user = people.find(directory, name, str(body.get("user", "")))
        device.account = (found, str(user["id"]))
    return Answer({"userCode": user_code, "declined": device.declined, "account": device.account})


def redeem(call: Call, keys: Keys, issuer: str, form: Json) -> Json:
    """Return tokens for a device code, once somebody has signed in. Raises: Problem."""
    given = str(form.get("device_code", ""))
    devices = sign_ins(call.world).devices
    device = next((each for each in devices.values() if each.device_code == given), None)
    if device is None or device.client.lower() != str(form.get("client_id", "")).lower():
        raise refuse(400, "bad_verification_code", 70019, "Verification code expired or unknown.")
    now_s = tickets.now_s()
    if device.until_s <= now_s:
        del devices[device.user_code]
        raise refuse(
            400, "expired_token", 70020, "The provided value for the input parameter 'device_code' is expired."
        )
    _check_pace(call, device, now_s)
    if device.declined:
        del devices[device.user_code]
        raise refuse(400, "authorization_declined", 70018, "The user declined to sign in.")
    if device.account is None:
        text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
        raise refuse(400, "authorization_pending", 70016, text)
    client = clients.find(directory_of(call.world), device.tenant, device.client)
    if not client.is_public:
        clients.check_secret(client, clients.WEB, call.world.protector, form, directory_of(call.world).now_us)
    platform = clients.PUBLIC if client.is_public else clients.WEB
    done = SignIn(*device.account, device.client, platform, "", device.scope)
    body = issuing.answer(call, keys, issuer, done, proved="client_secret" in form)
    del devices[device.user_code]
    return body


def _check_pace(call: Call, device: Device, now_s: float) -> None:
    interval_s = call.world.config.get("signIn", {}).get("deviceIntervalSeconds", INTERVAL_S)
    early = device.polled_s and now_s - device.polled_s < interval_s - 1 and device.account is None
    device.polled_s = now_s
    if early and not device.declined:
        raise refuse(400, "slow_down", 70016, "The device asks too often.")
