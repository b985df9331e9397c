"""One try of a notice: its secrets, its body, and the request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.dependencies import Dependencies
from shared.domain.notices.delivery import Delivery, Tried
from shared.domain.notices.endpoint import EndpointKind, NoticeEndpoint
from shared.domain.notices.payloads import signed_headers, teams_body, webhook_body
from shared.errors import DeskwrightError

_SECRETS: TtlCache[str] = TtlCache(timedelta(minutes=5))
"""Secrets of endpoints by their addresses: another secret has another address."""


async def send_notice(deps: Dependencies, endpoint: NoticeEndpoint, deliveries: Sequence[Delivery]) -> Tried:
    """Send deliveries once, and return how that ended; nothing is raised."""
    now = deps.clock.now()
    try:
        match endpoint.kind:
            case EndpointKind.WEBHOOK:
                return await _post(deps, endpoint, deliveries[0], now)
            case EndpointKind.TEAMS:
                return await _post_card(deps, endpoint, deliveries[0], now)
    except (MissingError, DeclinedError):
        return Tried(ok=False, detail="the secret of the endpoint cannot be read; rotate it", of_all=True)
    except DeskwrightError as error:
        return Tried(ok=False, detail=str(error)[:500], of_all=True)


async def _post(deps: Dependencies, endpoint: NoticeEndpoint, delivery: Delivery, now: datetime) -> Tried:
    address = await _secret(deps, endpoint.address_secret_url)
    secrets = [await _secret(deps, url) for url in signing(endpoint, now)]
    body, kind = webhook_body(delivery.event, endpoint.format)
    headers = {**signed_headers(secrets, delivery.event, now, body), "Content-Type": kind}
    return await deps.webhooks.post(address, body, headers, now)


async def _post_card(deps: Dependencies, endpoint: NoticeEndpoint, delivery: Delivery, now: datetime) -> Tried:
    address = await _secret(deps, endpoint.address_secret_url)
    body, kind = teams_body(delivery.event, endpoint.locale)
    return await deps.webhooks.post(address, body, {"Content-Type": kind}, now)


def signing(endpoint: NoticeEndpoint, now: datetime) -> list[str]:
    """Return the addresses of the secrets that sign now: the newest first, and the previous one for a time."""
    previous = endpoint.previous_secret_url if endpoint.previous_until and now < endpoint.previous_until else None
    return [each for each in (endpoint.secret_url, previous) if each]


async def _secret(deps: Dependencies, url: str | None) -> str:
    """Return the secret at an address. Raises: MissingError, DeclinedError, UnavailableError."""
    if url is None:
        return ""
    return await _SECRETS.get_or(deps, url, lambda: retry_while_throttled(lambda: deps.vault().read(url)))
