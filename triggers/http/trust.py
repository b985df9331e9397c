"""Whom this process believes; the issuers' keys are kept for as long as it lives."""

from __future__ import annotations

from shared.clients.issuers import SigningKeys
from shared.config import Settings
from triggers.http.authentication import Trust

_TRUSTS: dict[tuple[str, str, bool], Trust] = {}


def trust_of(settings: Settings) -> Trust:
    """Return whom to believe under *settings*."""
    key = (settings.authority_url, settings.api_audience, settings.trust_client_principal)
    if key not in _TRUSTS:
        authority, audience, principal = key
        _TRUSTS[key] = Trust(authority, audience, SigningKeys(authority), trust_client_principal=principal)
    return _TRUSTS[key]
