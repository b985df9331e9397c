"""Access tokens: in a browser, by device code, of Azure CLI, of an application or of a demonstration.

Refresh tokens are kept in ``tokens.json`` of the settings folder, which only its owner may read, each with the address,
the issuer, the client and the scope that it is for: under another one of these it is not used.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deskwright import audience, local_run, private_files
from deskwright.client import Client
from deskwright.contexts import Context
from deskwright.errors import SignInError
from deskwright.terminal import say

BROWSER, DEVICE_CODE, AZURE_CLI, DEMO, TOKEN = "browser", "device-code", "azure-cli", "demo", "token"
SERVICE_PRINCIPAL, FEDERATION, MANAGED_IDENTITY = "service-principal", "federation", "managed-identity"
WAYS = (BROWSER, DEVICE_CODE, AZURE_CLI, SERVICE_PRINCIPAL, FEDERATION, MANAGED_IDENTITY)

_TOKENS = "tokens.json"
_MARGIN_SECONDS = 120.0
_UNKNOWN_LIFE_SECONDS = 300.0
_AZ_SECONDS = 60
_AGAIN = "Sign in: deskwright login."

Given = tuple[str, float]
"""A token, and in how many seconds it ends."""


def tokens(context: Context, person: str | None = None) -> Callable[[], str]:
    """Return a function that gives a valid token whenever it is called. Raises (it): SignInError."""
    held: tuple[str, float] | None = None

    def token() -> str:
        nonlocal held
        if held is None or time.monotonic() > held[1] - _MARGIN_SECONDS:
            value, seconds = _given(context, person)
            held = value, time.monotonic() + max(seconds, _MARGIN_SECONDS + 30)
        return held[0]

    return token


def configured(context: Context) -> Context:
    """Return the context with its service's settings for signing in; nobody has agreed to it. Raises: CommandError."""
    said = Client(context.address, None, bundle=context.bundle).ask("GET", "/configuration").body
    kept = {"authority": said["authority"], "client_id": said.get("clientId") or "", "scope": said["scope"]}
    return replace(context, **{name: str(value) for name, value in kept.items()})


def begin(context: Context) -> None:
    """Sign somebody in anew, and keep the tokens by which they stay signed in. Raises: SignInError."""
    if context.sign_in in {BROWSER, DEVICE_CODE}:
        _public(_agreed(context), anew=True)
    else:
        _given(context, None)


def forget(context: Context) -> None:
    """Remove the tokens of a sign-in."""
    with private_files.changing(_TOKENS) as kept:
        kept.pop(context.name, None)


def _given(context: Context, person: str | None) -> Given:
    if context.sign_in == DEMO:
        return local_run.token(person or os.environ.get("DESKWRIGHT_AS") or local_run.FIRST), _UNKNOWN_LIFE_SECONDS
    if ready := os.environ.get("DESKWRIGHT_TOKEN"):
        return ready, _UNKNOWN_LIFE_SECONDS
    full = _agreed(context)
    if full.sign_in == AZURE_CLI:
        return _azure_cli(full)
    if full.sign_in in {BROWSER, DEVICE_CODE}:
        return _public(full)
    if full.sign_in == MANAGED_IDENTITY:
        return _managed_identity(full)
    if full.sign_in in {SERVICE_PRINCIPAL, FEDERATION}:
        return _application(full)
    raise SignInError(f"the context {context.name} cannot sign in by {context.sign_in!r}", advice=_AGAIN)


def _agreed(context: Context) -> Context:
    """Return a context once its scope and authority are known. Raises: SignInError."""
    if not (context.scope and context.authority):
        raise SignInError(
            f"nobody has agreed what tokens are for at {context.address}", advice=f"deskwright login {context.address}"
        )
    audience.of(context.scope)
    audience.issuer(context.authority)
    return context


def _azure_cli(context: Context) -> Given:
    az = shutil.which("az")
    if az is None:
        raise SignInError("nobody is signed in", advice=f"{_AGAIN} Or install Azure CLI, and az login.")
    command = [az, "account", "get-access-token", "--scope", _default_scope(context), "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_AZ_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise SignInError("Azure CLI gives no answer", advice=_AGAIN) from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason"])[0]
        raise SignInError(f"Azure CLI gives no token: {said}", advice=f"az login; or {_AGAIN[0].lower()}{_AGAIN[1:]}")
    try:
        given = json.loads(done.stdout)
        return str(given["accessToken"]), float(given.get("expires_on", 0)) - time.time()
    except (ValueError, KeyError, TypeError) as error:
        raise SignInError("Azure CLI gives something else than a token", advice=_AGAIN) from error


def _public(context: Context, *, anew: bool = False) -> Given:
    """Return a person's token: from the cache, or by asking them to sign in."""
    import msal

    if not context.client_id:
        raise SignInError(
            "this service has no app registration for people", advice="Its DESKWRIGHT_SIGN_IN_CLIENT_ID is empty."
        )
    kept = private_files.read(_TOKENS) or {}
    cache = msal.SerializableTokenCache()
    recipient = {name: getattr(context, name) for name in ("address", "authority", "client_id", "scope")}
    before = kept.get(context.name)
    if not anew and isinstance(before, dict) and before.get("for") == recipient:
        cache.deserialize(before["cache"])
    app = msal.PublicClientApplication(
        context.client_id, authority=context.authority, token_cache=cache, **_trust(context)
    )
    accounts = app.get_accounts()
    result = app.acquire_token_silent([context.scope], accounts[0]) if accounts else None
    if result is None or "access_token" not in result:
        if not anew:
            raise SignInError("nobody is signed in any more", advice=_AGAIN)
        result = _device_code(app, context) if context.sign_in == DEVICE_CODE else _browser(app, context)
    value = _checked(result)
    if cache.has_state_changed:
        with private_files.changing(_TOKENS) as now:  # others may have signed in meanwhile
            now[context.name] = {"for": recipient, "cache": cache.serialize()}
    return value


def _browser(app: Any, context: Context) -> Mapping[str, Any]:  # noqa: ANN401 - msal has no types
    say("Sign in on the page that your browser opens (Ctrl-C ends this) ...")
    result: Mapping[str, Any] = app.acquire_token_interactive([context.scope], prompt="select_account")
    return result


def _device_code(app: Any, context: Context) -> Mapping[str, Any]:  # noqa: ANN401 - msal has no types
    flow = app.initiate_device_flow([context.scope])
    if "user_code" not in flow:
        raise SignInError(f"there is no device code: {flow.get('error_description') or flow.get('error')}")
    say(str(flow["message"]))
    result: Mapping[str, Any] = app.acquire_token_by_device_flow(flow)
    return result


def _application(context: Context) -> Given:
    """Return the token of an application: by its secret, or by a token that somebody else gives for it."""
    import msal

    directory, client = (_needed(name) for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID"))
    credential: Any = _needed("AZURE_CLIENT_SECRET")
    if context.sign_in == FEDERATION:
        credential = {"client_assertion": _assertion()}
    authority = f"{context.authority.rpartition('/')[0]}/{directory}"
    app = msal.ConfidentialClientApplication(
        client, client_credential=credential, authority=authority, **_trust(context)
    )
    return _checked(app.acquire_token_for_client([_default_scope(context)]))


def _assertion() -> str:
    """Return the token of a workload, from Kubernetes' file or from GitHub Actions."""
    from deskwright import transport

    if file := os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SignInError(f"{file}, of AZURE_FEDERATED_TOKEN_FILE, cannot be read") from error
    address, key = (_needed(f"ACTIONS_ID_TOKEN_REQUEST_{name}") for name in ("URL", "TOKEN"))
    if not address.startswith("https://"):
        raise SignInError("ACTIONS_ID_TOKEN_REQUEST_URL is no https address")
    try:
        status, _, content = transport.send(
            "GET", f"{address}&audience=api://AzureADTokenExchange", {"Authorization": f"Bearer {key.strip()}"}
        )
        return str(json.loads(content)["value"])
    except (ValueError, KeyError, TypeError) as error:
        raise SignInError(f"GitHub gives no token: it answers {status}") from error
    except OSError as error:
        raise SignInError(f"GitHub gives no token: {error}") from error


def _managed_identity(context: Context) -> Given:
    import msal
    import requests

    named = os.environ.get("AZURE_CLIENT_ID")
    identity = msal.UserAssignedManagedIdentity(client_id=named) if named else msal.SystemAssignedManagedIdentity()
    app = msal.ManagedIdentityClient(identity, http_client=requests.Session())
    try:
        result = app.acquire_token_for_client(resource=_default_scope(context).removesuffix("/.default"))
    except (requests.RequestException, msal.ManagedIdentityError) as error:
        raise SignInError(f"there is no managed identity here: {error}") from error
    return _checked(result)


def _checked(result: Mapping[str, Any]) -> Given:
    if "access_token" not in result:
        said = str(result.get("error_description") or result.get("error") or "no reason was given").splitlines()[0]
        raise SignInError(f"the sign-in was refused: {said}", advice=_AGAIN)
    return str(result["access_token"]), float(result.get("expires_in", _UNKNOWN_LIFE_SECONDS))


def _default_scope(context: Context) -> str:
    """Return the scope of everything that was consented to: applications and Azure CLI ask for no single one."""
    return f"{audience.of(context.scope)}/.default"


def _trust(context: Context) -> dict[str, Any]:
    """Return MSAL's options for an issuer that is not Microsoft's: its certificates, and no question to Microsoft."""
    if context.bundle is None:
        return {}
    os.environ["REQUESTS_CA_BUNDLE"] = context.bundle  # another one there would go before what MSAL is told
    return {"verify": context.bundle, "instance_discovery": False}


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SignInError(f"{name} is not set")
    return value


def is_terminal() -> bool:
    """Whether somebody can be asked: questions are written to stderr and answered on stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
