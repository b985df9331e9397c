"""The token endpoint: the choice of the grant, and the requirements of every grant.

Sources: learn.microsoft.com/entra/identity-platform/{v2-oauth2-client-creds-grant-flow,v2-oauth2-auth-code-flow,
v2-oauth2-device-code}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.entra import apps, tokens
from azure_simulator.entra.sign_in import device_codes, redemption
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.keys import Keys

_GRAPH = "https://graph.microsoft.com"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OF_PEOPLE = {
    "authorization_code": redemption.redeem_code,
    "refresh_token": redemption.refresh,
    "urn:ietf:params:oauth:grant-type:device_code": device_codes.redeem,
    "device_code": device_codes.redeem,
}
_PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def answer(call: Call, keys: Keys, issuer: str) -> Answer:
    """Give tokens; `issuer` is the address that issues them. Raises: Problem with an AADSTS number."""
    form = call.body if isinstance(call.body, dict) else {}
    redeem = _OF_PEOPLE.get(str(form.get("grant_type", "")))
    if redeem is not None:
        _need(form, "client_id")
        return Answer(redeem(call, keys, issuer, form), headers=_PRIVATE)
    return Answer(_for_an_application(call, keys, issuer, form), headers=_PRIVATE)


def _need(form: Json, *names: str) -> None:
    missing = [name for name in names if not form.get(name)]
    if missing:
        text = f"The request body must contain the following parameter: '{missing[0]}'."
        raise apps.refuse(400, "invalid_request", 900144, text)


def _for_an_application(call: Call, keys: Keys, issuer: str, form: Json) -> Json:
    world, directory = call.world, directory_of(call.world)
    tenant = apps.find_tenant(directory, call.param("tenant"))
    _need(form, "grant_type", "client_id", "scope")
    if form["grant_type"] != "client_credentials":
        text = f"The app requested an unsupported grant type '{form.get('grant_type')}'."
        raise apps.refuse(400, "unsupported_grant_type", 70003, text)
    if "client_assertion" in form and form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise apps.refuse(400, "invalid_request", 900144, "client_assertion_type is missing or unknown.")
    found = apps.sign_in(directory, keys, world.protector, tenant, form)
    try:
        resource = tokens.resource_of(str(form.get("scope", "")))
    except ValueError as error:
        text = f"The provided value for scope {form.get('scope')} is not valid: it must end in /.default."
        raise apps.refuse(400, "invalid_scope", 1002012, text) from error
    resource = _GRAPH if resource.rstrip("/") == call.base else resource
    apps.check_resource(directory, resource)
    principal = apps.subject(directory, found, resource)
    made = tokens.claims(principal, apps.audience(directory, resource), issuer_base=issuer, now_s=tokens.now_s())
    return {
        "token_type": "Bearer",
        "expires_in": tokens.LIFETIME_S,
        "ext_expires_in": tokens.LIFETIME_S,
        "access_token": keys.sign(made),
    }
