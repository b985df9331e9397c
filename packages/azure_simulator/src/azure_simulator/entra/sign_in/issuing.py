"""The answer to a redeemed code, refresh token or device code: tokens for one API, and for the client itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.entra import apps, tokens
from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import clients, consents, people, scopes, tickets
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.keys import Keys
    from azure_simulator.entra.sign_in.clients import Client
    from azure_simulator.entra.sign_in.scopes import Scopes
    from azure_simulator.graph.directory.records import Doc


@dataclass(frozen=True)
class SignIn:
    """A sign-in of a user to a client: the facts that codes and refresh tokens carry on."""

    tenant: str
    user: str
    client: str
    platform: str
    redirect_uri: str
    scope: str
    nonce: str = ""

    def carried(self) -> Json:
        """Return it as the content of a ticket."""
        return {**vars(self)}

    @classmethod
    def of(cls, ticket: Json) -> SignIn:
        """Read it from the content of a ticket."""
        return cls(**{name: str(ticket[name]) for name in cls.__dataclass_fields__})


def answer(call: Call, keys: Keys, issuer: str, done: SignIn, *, proved: bool, spa_until_s: float = 0) -> Json:
    """Return the body with the tokens of a sign-in.

    `proved`: the client has shown a secret. `spa_until_s` is when the refresh tokens of a page end that has one.

    Raises:
        Problem: nobody has consented (AADSTS65001), the account is disabled or gone, the API is unknown.
    """
    directory = directory_of(call.world)
    client = clients.find(directory, done.tenant, done.client)
    tenant, user = people.find(directory, done.tenant, done.user)
    asked = scopes.parse(done.scope, call.base)
    if consents.missing(directory, tenant, client, asked, user["id"]):
        text = (
            f"The user or administrator has not consented to use the application with ID '{client.id}' named "
            f"'{client.name}'. Send an interactive authorization request for this user and resource."
        )
        raise refuse(400, "invalid_grant", 65001, text, "consent_required")
    now_s = int(tickets.now_s())
    made = _access(call, client, tenant, user, asked, proved=proved)
    body: Json = {
        "token_type": "Bearer",
        "scope": made.scope,
        "expires_in": tokens.LIFETIME_S,
        "ext_expires_in": tokens.LIFETIME_S,
        "access_token": keys.sign(tokens.claims(made.principal, made.audience, issuer_base=issuer, now_s=now_s)),
    }
    if "offline_access" in asked.open_id:
        body |= _refresh(call, done, spa_until_s)
    if "openid" in asked.open_id:
        own = registrations.principal_of(directory, tenant, client.id)
        claims = _id_token(issuer, client, tenant, now_s)
        claims |= people.id_claims(tenant, user, asked.open_id, people.app_roles(directory, tenant, user, own))
        claims |= {"sub": people.subject(user["id"], client.id)} | ({"nonce": done.nonce} if done.nonce else {})
        body["id_token"] = keys.sign(claims)
    return body | {"client_info": people.client_info(tenant, user)}


@dataclass(frozen=True)
class _Access:
    principal: tokens.Principal
    audience: tokens.Audience
    scope: str


def _access(call: Call, client: Client, tenant: str, user: Doc, asked: Scopes, *, proved: bool) -> _Access:
    directory = directory_of(call.world)
    api = scopes.api_of(directory, tenant, asked.resource, client)
    granted = consents.granted(directory, tenant, client, api, user["id"])
    everything = scopes.DEFAULT in asked.values
    names = [each for each in granted if each in asked.values or everything]
    if scopes.is_graph(api):
        names = [each for each in granted if each in {*asked.values, *asked.open_id} or everything]
    scp = tuple(sorted(set(names) - {"offline_access"}))
    audience = apps.audience(directory, asked.resource)
    extra = people.access_claims(user, audience.version, scp, api["appId"], proved=proved)
    roles = people.app_roles(directory, tenant, user, api)
    principal = tokens.Principal(tenant, client.id, user["id"], user["displayName"], roles, user=True, extra=extra)
    written = [*(each for each in asked.open_id if scopes.is_graph(api) and each != "offline_access")]
    written += [f"{asked.prefix}{each}" for each in scp if each not in scopes.OPEN_ID]
    written += [f"{asked.prefix}{scopes.DEFAULT}"] if everything else []
    return _Access(principal, audience, " ".join(written))


def _refresh(call: Call, done: SignIn, spa_until_s: float) -> Json:
    """Make a refresh token; a single-page application's tokens all end a day after the sign-in."""
    world, now_s = call.world, tickets.now_s()
    if done.platform != clients.SPA:
        until_s = now_s + tickets.lifetime_s(world, tickets.REFRESH)
        return {"refresh_token": tickets.seal(world, tickets.REFRESH, replace(done, nonce="").carried(), until_s)}
    until_s = spa_until_s or now_s + tickets.lifetime_s(world, "spaRefresh")
    sealed = tickets.seal(world, tickets.REFRESH, replace(done, nonce="").carried(), until_s)
    return {"refresh_token": sealed, "refresh_token_expires_in": max(0, int(until_s - now_s))}


def _id_token(issuer: str, client: Client, tenant: str, now_s: int) -> Json:
    return {
        "aud": client.id,
        "iss": f"{issuer}/{tenant}/v2.0",
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s + tokens.LIFETIME_S,
        "uti": str(uuid.uuid4()),
        "ver": "2.0",
    }
