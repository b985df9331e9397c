"""Checks of a subscription's body, and how many subscriptions an app and a tenant may have.

Sources: learn.microsoft.com/graph/api/subscription-post-subscriptions and /graph/change-notifications-overview
(lifetimes, limits). Unchecked against Graph: the wording of the 400s other than the lifetime's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure_simulator.core.answers import Problem
from azure_simulator.core.times import SECOND, parse_iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Directory, Doc

_MINUTE_US = 60 * SECOND
LONGEST_MINUTES = 41_760
SHORTEST_MINUTES = 45
_PER_APP_AND_TENANT, _PER_TENANT, _PER_APP = 100, 1_000, 50_000
_NEEDED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_KNOWN = frozenset({*_NEEDED, "clientState", "lifecycleNotificationUrl", "latestSupportedTlsVersion"})
_WITH_DATA_ONLY = frozenset({"includeResourceData", "encryptionCertificate", "encryptionCertificateId"})
_TLS = frozenset({"v1_0", "v1_1", "v1_2", "v1_3"})
_LONGEST_STATE, _LONGEST_URL = 128, 2048
_CHANGES = frozenset({"updated", "deleted"})


def invalid(text: str) -> Problem:
    """Make the 400 of subscriptions."""
    return Problem(400, "InvalidRequest", text)


def check_body(call: Call, body: Doc) -> None:
    """Check a new subscription's properties, all but its resource and its expiry.

    Raises:
        Problem: the 400 of Graph.
    """
    refused = sorted(_WITH_DATA_ONLY & {name for name, value in body.items() if value})
    if refused:
        raise invalid(f"Property '{refused[0]}' is not supported for users and groups.")
    unknown = sorted(set(body) - _KNOWN - _WITH_DATA_ONLY)
    if unknown:
        text = f"The property '{unknown[0]}' does not exist on type 'microsoft.graph.subscription'."
        raise Problem(400, "BadRequest", text)
    for name in _NEEDED:
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(f"Required property '{name}' is missing or is not a string.")
    changes = [each.strip() for each in body["changeType"].split(",")]
    if not set(changes) <= _CHANGES or len(set(changes)) < len(changes):
        raise invalid(f"Users and groups support the change types updated and deleted, not '{body['changeType']}'.")
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        if body.get(name) is not None:
            check_url(call, name, body[name])
    state = body.get("clientState")
    if state is not None and (not isinstance(state, str) or len(state) > _LONGEST_STATE):
        raise invalid(f"The clientState must be a string of at most {_LONGEST_STATE} characters.")
    if body.get("latestSupportedTlsVersion", "v1_2") not in _TLS:
        raise invalid("latestSupportedTlsVersion must be one of v1_0, v1_1, v1_2, v1_3.")


def check_url(call: Call, name: str, url: object) -> None:
    """Refuse a URL that is not an absolute address of https, or of http if `config.graph` allows it."""
    insecure = bool(call.world.config.get("graph", {}).get("insecureNotificationUrls"))
    try:
        parts = urlsplit(str(url))
        is_valid = bool(parts.hostname) and (parts.port or 1) > 0 and not parts.fragment
    except ValueError:
        is_valid = False
    if not isinstance(url, str) or not is_valid or len(url) > _LONGEST_URL:
        raise invalid(f"The {name} '{url}' is not an absolute URL of at most {_LONGEST_URL} characters.")
    if parts.scheme != "https" and not (insecure and parts.scheme == "http"):
        raise invalid(f"The {name} must be an HTTPS URL.")


def expiry_us(call: Call, text: object) -> int:
    """Read an expirationDateTime: in the future, not too far, and at least 45 minutes away."""
    try:
        expires_us = parse_iso(str(text))
    except (ValueError, OverflowError) as error:
        raise invalid(f"Invalid expirationDateTime '{text}'.") from error
    if expires_us <= call.now_us:
        raise invalid("The expirationDateTime must be in the future.")
    if expires_us > call.now_us + LONGEST_MINUTES * _MINUTE_US:
        text = f"Subscription expiration can only be {LONGEST_MINUTES} minutes in the future."
        raise Problem(400, "ExtensionError", text)
    return max(expires_us, call.now_us + SHORTEST_MINUTES * _MINUTE_US)


def check_limits(directory: Directory, tenant: str, app: str, watched: str, changes: str) -> None:
    """Refuse a duplicate (409), and more than an app or a tenant may have (403)."""
    of_tenant = directory.all("subscription", tenant)
    own = [each for each in of_tenant if each["_app"] == app]
    change_types = {each.strip() for each in changes.split(",")}
    for each in own:
        if each["_watches"] == watched and {one.strip() for one in each["changeType"].split(",")} == change_types:
            raise Problem(409, "Conflict", f"Subscription Id {each['id']} already exists for the requested combination")
    tenants = [str(each["tenantId"]) for each in directory.tenants()]
    of_app = [each for one in tenants for each in directory.all("subscription", one) if each["_app"] == app]
    limits = (
        (len(own), _PER_APP_AND_TENANT, "app and tenant"),
        (len(of_tenant), _PER_TENANT, "tenant"),
        (len(of_app), _PER_APP, "app"),
    )
    for number, most, what in limits:
        if number >= most:
            raise Problem(403, "QuotaExceeded", f"The limit of {most} subscriptions per {what} has been reached.")
