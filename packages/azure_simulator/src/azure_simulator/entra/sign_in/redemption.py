"""The token endpoint's side of a sign-in: codes and refresh tokens become tokens.

A code is redeemed once. Refresh tokens are replaced at each use; the older ones stay good, as Entra's do, and those of
a page end a day after its sign-in. Sources: learn.microsoft.com/entra/identity-platform/{v2-oauth2-auth-code-flow,
refresh-tokens,reference-error-codes}.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import clients, issuing, scopes, tickets
from azure_simulator.entra.sign_in.issuing import SignIn
from azure_simulator.entra.sign_in.state import sign_ins
from azure_simulator.entra.sign_in.tickets import TicketError
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.keys import Keys

_MALFORMED = "Invalid request. Request is malformed or invalid."


def redeem_code(call: Call, keys: Keys, issuer: str, form: Json) -> Json:
    """Return tokens for a code. Raises: Problem."""
    sealed = _needed(form, "code")
    ticket = _read(call, tickets.CODE, sealed)
    done = SignIn.of(ticket)
    _check_client(call, form, done)
    used = sign_ins(call.world).codes
    mark = hashlib.sha256(sealed.encode()).hexdigest()
    if mark in used:
        raise refuse(400, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry.")
    if form.get("redirect_uri") != done.redirect_uri:
        text = "The reply address does not match the reply address provided when requesting Authorization code."
        raise refuse(400, "invalid_client", 500112, text)
    _check_verifier(ticket, str(form.get("code_verifier", "")))
    done = replace(done, scope=_narrowed(form, done))
    body = issuing.answer(call, keys, issuer, done, proved="client_secret" in form)
    used.add(mark)
    return body


def refresh(call: Call, keys: Keys, issuer: str, form: Json) -> Json:
    """Return tokens for a refresh token, also for another API. Raises: Problem."""
    ticket = _read(call, tickets.REFRESH, _needed(form, "refresh_token"))
    done = SignIn.of(ticket)
    _check_client(call, form, done)
    done = replace(done, scope=_narrowed(form, done))
    until_s = ticket["until"] if done.platform == clients.SPA else 0
    return issuing.answer(call, keys, issuer, done, proved="client_secret" in form, spa_until_s=until_s)


def _needed(form: Json, name: str) -> str:
    if not form.get(name):
        text = f"The request body must contain the following parameter: '{name}'."
        raise refuse(400, "invalid_request", 900144, text)
    return str(form[name])


def _narrowed(form: Json, done: SignIn) -> str:
    """Return the scopes of the tokens: the request's, or else the sign-in's; the sign-in's OpenID scopes stay."""
    kept = [each for each in done.scope.split() if each in scopes.OPEN_ID]
    wanted = str(form.get("scope") or done.scope).split()
    return " ".join(dict.fromkeys([*wanted, *kept]))


def _read(call: Call, kind: str, sealed: str) -> Json:
    try:
        return tickets.read(call.world, kind, sealed)
    except TicketError as error:
        if str(error) == "unreadable":
            raise refuse(400, "invalid_grant", 9002313, _MALFORMED) from error
        number = 70008 if kind == tickets.CODE else 700082
        text = "The provided authorization code or refresh token has expired due to inactivity."
        raise refuse(400, "invalid_grant", number, text, "token_expired") from error


def _check_client(call: Call, form: Json, done: SignIn) -> None:
    """Refuse a client or a directory other than the ones of the person's sign-in."""
    directory = directory_of(call.world)
    if str(form.get("client_id", "")).lower() != done.client.lower():
        text = "The application in the request is not the one that the code or the refresh token was issued to."
        raise refuse(400, "invalid_grant", 70000, text)
    tenant = clients.directory_name(directory, call.param("tenant"))
    if tenant not in {"", done.tenant}:
        text = "Provided Authorization Code is intended to use against other tenant, thus rejected."
        raise refuse(400, "invalid_grant", 700005, text)
    client = clients.find(directory, done.tenant, done.client)
    clients.check_origin(done.platform, done.redirect_uri, call.headers.get("origin", ""))
    clients.check_secret(client, done.platform, call.world.protector, form, directory.now_us)


def _check_verifier(ticket: Json, verifier: str) -> None:
    challenge = str(ticket["challenge"])
    if not challenge and not verifier:
        return
    made = verifier
    if ticket["method"] == "S256":
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not challenge or not hmac.compare_digest(made.encode(), challenge.encode()):
        text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        raise refuse(400, "invalid_grant", 501481, text)
