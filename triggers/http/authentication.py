"""Authentication: an Entra access token, checked against its issuer's keys; many failures make a caller wait.

Counted by address, in each process for itself; nothing is stored, because anybody can make us do it.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.clients.issuers import SigningKeys
from shared.config import Settings
from shared.domain.json_text import read_json
from shared.domain.operations.operation import Actor
from shared.errors import InvalidError, SlowedDownError, UnauthenticatedError

if TYPE_CHECKING:
    import jwt
    from cachetools import LRUCache


_MOST_FAILURES = 60
_WINDOW_S = 60.0
_MOST_ADDRESSES = 10_000
_NETWORK_BITS = 64  # of an IPv6 address: what one line has


@dataclass(slots=True)
class _Window:
    ends: float
    failures: int = 0


class SignInFailures:
    """Number of failed sign-ins from each address within the last minute."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        from cachetools import LRUCache

        self._monotonic = monotonic
        self._windows: LRUCache[str, _Window] = LRUCache(_MOST_ADDRESSES)

    def add(self, headers: Mapping[str, str]) -> None:
        """Count a failure. Raises: SlowedDownError if its address has too many."""
        address = caller_address(headers)
        if address is None:
            return
        now = self._monotonic()
        window = self._windows.get(address)
        if window is None or now >= window.ends:
            window = self._windows[address] = _Window(now + _WINDOW_S)
        window.failures += 1
        if window.failures > _MOST_FAILURES:
            message = "too many sign-ins from this address have failed"
            raise SlowedDownError(message, after=timedelta(seconds=window.ends - now))


def caller_address(headers: Mapping[str, str]) -> str | None:
    """Return the address of a request's sender: the last one in ``X-Forwarded-For``, which App Service adds.

    None without it. The parts before are the caller's own word. An IPv6 address stands for its network.
    """
    last = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    bare = last[1:].partition("]")[0] if last.startswith("[") else last.partition(":")[0] if "." in last else last
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if found.version == 4:  # noqa: PLR2004 - IP's
        return str(found)
    return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))


_LEEWAY = timedelta(seconds=60)
CLIENT_PRINCIPAL = "x-ms-client-principal"
_UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""Python's exceptions for JSON that is too deep, numbers that are too long, invalid text and wrong types."""

_LONGEST_CLAIM, _MOST_ROLES = 256, 100

_TENANT_CLAIM = "http://schemas.microsoft.com/identity/claims/tenantid"
_OBJECT_CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier"


@dataclass(frozen=True, slots=True)
class Caller:
    """Caller and their directory: roles count only there."""

    actor: Actor
    directory_id: str

    @property
    def roles(self) -> frozenset[str]:
        """The app roles that the caller's own directory has assigned."""
        return frozenset(self.actor.roles)


@dataclass(frozen=True, slots=True)
class TokenValidation:
    """Rules for accepted tokens: for *audience*, issued by *authority_url*, signed with one of *keys*.

    *trust_client_principal*: App Service authentication has checked the token; its header is accepted.
    """

    authority_url: str
    audience: str
    keys: SigningKeys
    trust_client_principal: bool = False


_NOT_ACCEPTED = "the access token is not valid for this service; get a new one"
"""The same message for every directory, also where nothing was checked: a tenant's directory is not disclosed."""

_VALIDATIONS: dict[tuple[str, str, bool], TokenValidation] = {}
"""Token validations by settings: the issuers' keys are kept for as long as the process lives."""


def token_validation(settings: Settings) -> TokenValidation:
    """Return the rules of token validation under *settings*."""
    key = (settings.authority_url, settings.api_audience, settings.trust_client_principal)
    if key not in _VALIDATIONS:
        authority, audience, principal = key
        keys = SigningKeys(authority)
        _VALIDATIONS[key] = TokenValidation(authority, audience, keys, trust_client_principal=principal)
    return _VALIDATIONS[key]


async def authenticate(headers: Mapping[str, str], validation: TokenValidation, directories: Container[str]) -> Caller:
    """Return the caller. *directories*: the accepted directories; the keys of others are not even fetched.

    Raises: UnauthenticatedError without a valid token of one of them.
    """
    if validation.trust_client_principal and (principal := headers.get(CLIENT_PRINCIPAL)):
        caller = _caller(_principal_claims(principal))
        if caller.directory_id not in directories:
            raise UnauthenticatedError(_NOT_ACCEPTED)
        return caller
    token = bearer_token(headers)
    directory_id, key_id = _unchecked(token)
    if directory_id not in directories:
        raise UnauthenticatedError(_NOT_ACCEPTED)
    key = await validation.keys.key(directory_id, key_id)
    if key is None:
        raise UnauthenticatedError(_NOT_ACCEPTED)
    return _caller(_checked_claims(token, directory_id, key, validation))


def bearer_token(headers: Mapping[str, str]) -> str:
    """Return the bearer token. Raises: UnauthenticatedError."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("send an access token in the header Authorization: Bearer ...")
    return token.strip()


def _unchecked(token: str) -> tuple[str, str]:
    """Return the directory and the key that a token names; nothing of it was checked."""
    import jwt  # when first needed: cold start

    try:
        found = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, *_UNREADABLE) as error:
        raise UnauthenticatedError("the access token cannot be read; get a new one") from error
    return str(found["payload"].get("tid", "")).lower(), str(found["header"].get("kid", ""))


def _checked_claims(token: str, directory_id: str, key: jwt.PyJWK, validation: TokenValidation) -> dict[str, Any]:
    """Return the claims of a token, once its signature and then they are right."""
    import jwt

    try:
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=validation.audience,
            issuer=f"{validation.authority_url}/{directory_id}/v2.0",
            leeway=_LEEWAY,
            options={"require": ["exp", "iat", "nbf", "iss", "aud", "tid", "oid"]},
        )
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError) as error:
        raise UnauthenticatedError(_NOT_ACCEPTED) from error
    except jwt.ExpiredSignatureError as error:
        raise UnauthenticatedError("the access token has expired; get a new one") from error
    except (jwt.InvalidTokenError, *_UNREADABLE) as error:
        raise UnauthenticatedError(f"the access token is not valid ({error}); get a new one for this API") from error


def _principal_claims(principal: str) -> dict[str, Any]:
    """Return the claims that App Service authentication has checked and put into a header."""
    try:
        decoded = read_json(base64.b64decode(principal, validate=True).decode("utf-8"))
        pairs = [(str(each["typ"]), str(each["val"])) for each in decoded["claims"]]
        role_type = str(decoded.get("role_typ", "roles"))
    except (binascii.Error, KeyError, InvalidError, *_UNREADABLE) as error:
        raise UnauthenticatedError("the client principal cannot be read") from error
    claims: dict[str, Any] = dict(pairs)
    claims["roles"] = [value for kind, value in pairs if kind in {role_type, "roles"}]
    claims["tid"] = claims.get("tid") or claims.get(_TENANT_CLAIM, "")
    claims["oid"] = claims.get("oid") or claims.get(_OBJECT_CLAIM, "")
    if not claims["tid"] or not claims["oid"]:
        raise UnauthenticatedError("the client principal names no directory or no caller")
    return claims


def _caller(claims: Mapping[str, Any]) -> Caller:
    """Return the caller of checked claims; ids become keys of tables. Raises: UnauthenticatedError for other ids."""
    oid, directory_id = str(claims["oid"]), str(claims["tid"])
    if not all(0 < len(each) <= _LONGEST_CLAIM and each.isprintable() for each in (oid, directory_id)):
        raise UnauthenticatedError("the ids of the caller and of the directory cannot be read")
    roles = claims.get("roles") or ()
    name = claims.get("preferred_username") or claims.get("upn") or claims.get("name") or claims.get("azp") or ""
    person = claims.get("idtyp") == "user" or "scp" in claims
    return Caller(
        actor=Actor(
            id=oid,
            name=_printable(str(name or oid)),
            kind="itPro" if person else "application",
            roles=tuple(_printable(str(role)) for role in roles[:_MOST_ROLES])
            if isinstance(roles, list | tuple)
            else (),
        ),
        directory_id=directory_id.lower(),
    )


def _printable(text: str) -> str:
    """Return a text that can be kept and shown: so long, and without characters that are none."""
    return "".join(each if each.isprintable() else "?" for each in text[:_LONGEST_CLAIM])
