"""One try of a notice: its secrets, its body, and the request."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.clients.mail import send_by_graph
from shared.clients.pacing import retry_while_throttled
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.notices.delivery import ALONE, Delivery, Tried
from shared.domain.notices.endpoint import EndpointKind, NoticeEndpoint
from shared.domain.notices.events import EventType
from shared.domain.notices.mail import MOST_RECEIVERS, Mail, MailSettings, MailTransport, is_mail_address
from shared.domain.notices.payloads import alert_mail, digest_mail, signed_headers, teams_body, user_mail, webhook_body
from shared.domain.notices.texts import MailReader
from shared.domain.tenants.tenant import Tenant
from shared.errors import DeskwrightError, NotFoundError, ThrottledError

_NO_ADDRESS = "the directory has no mail address of the user"

_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
"""Answers of SMTP about the mailbox of a receiver (RFC 5321, 4.2.3)."""

_SECRETS: TtlCache[str] = TtlCache(timedelta(minutes=5))
"""Secrets of endpoints by their addresses: another secret has another address."""


async def send_notice(deps: Dependencies, endpoint: NoticeEndpoint, deliveries: Sequence[Delivery]) -> Tried:
    """Send deliveries once, and return how that ended; nothing is raised."""
    now = deps.clock.now()
    match endpoint.kind:
        case EndpointKind.WEBHOOK:
            trying = _post(deps, endpoint, deliveries[0], now)
        case EndpointKind.TEAMS:
            trying = _post_card(deps, endpoint, deliveries[0], now)
        case EndpointKind.EMAIL:
            trying = _mail(deps, endpoint, deliveries)
        case EndpointKind.USERS:
            return await mail_user(deps, endpoint, deliveries, MailReader(endpoint.locale))
    return await _ended(endpoint, trying)


async def mail_user(
    deps: Dependencies, endpoint: NoticeEndpoint, deliveries: Sequence[Delivery], reader: MailReader
) -> Tried:
    """Send the user of some deliveries one mail, and return how that ended; nothing is raised.

    The directory is asked for their address each time: it may have changed.
    """
    return await _ended(endpoint, _mail_user(deps, endpoint, deliveries, reader))


async def _ended(endpoint: NoticeEndpoint, trying: Awaitable[Tried]) -> Tried:
    """Return how a try ended; the faults of others than the receiver are the endpoint's."""
    try:
        return await trying
    except DeclinedError as error:
        why = "the secret of the endpoint cannot be read; rotate it"
        sent_by_others = endpoint.mail is not None and endpoint.mail.transport is not MailTransport.SMTP
        return Tried(ok=False, detail=f"refused: {error.refused.code}" if sent_by_others else why, of_all=True)
    except ThrottledError as error:
        return Tried(ok=False, detail=str(error)[:500], paced=True, wait=error.after)
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


async def _mail(deps: Dependencies, endpoint: NoticeEndpoint, deliveries: Sequence[Delivery]) -> Tried:
    """Send one mail of several events, or of one alert, which also goes to the receivers of its rule."""
    settings, first = endpoint.mail, deliveries[0].event
    if settings is None:
        return Tried(ok=False, detail="the endpoint has no receivers", of_all=True)
    tenant = (await deps.tenants.get(endpoint.tenant_id)).value
    if first.subject.startswith(ALONE):
        more = await _receivers_of_rule(deps, endpoint, str(first.data.get("alertRuleTemplate")))
        receivers = list(dict.fromkeys([*settings.receivers, *more]))[:MOST_RECEIVERS]
        mail = alert_mail(first, receivers, endpoint.locale, tenant.display_name)
    else:
        events = [each.event for each in deliveries]
        mail = digest_mail(events, settings.receivers, endpoint.locale, tenant.display_name)
    with on_behalf_of(tenant.id):
        return await _sent(deps, endpoint, settings, mail)


async def _mail_user(
    deps: Dependencies, endpoint: NoticeEndpoint, deliveries: Sequence[Delivery], reader: MailReader
) -> Tried:
    settings, user_id = endpoint.mail, deliveries[0].event.person
    if settings is None:
        return Tried(ok=False, detail="the endpoint says nothing of how mail is sent", of_all=True)
    tenant = (await deps.tenants.get(endpoint.tenant_id)).value
    with on_behalf_of(tenant.id):
        try:
            address = await _address_of(deps, tenant, user_id or "")
        except DeclinedError as error:
            detail = f"the directory refuses the user's mail address: {error.refused.code}"
            return Tried(ok=False, detail=detail, of_all=True)
        if address is None:
            return Tried(ok=False, detail=_NO_ADDRESS, undeliverable=True)
        mail = user_mail([each.event for each in deliveries], address, reader, tenant.display_name)
        answer = await _sent(deps, endpoint, settings, mail)
    if answer.status in _NO_SUCH_MAILBOX and not answer.ok:
        return answer.but(undeliverable=True, detail=f"their mail server refuses the address: {answer.status}")
    return answer if answer.ok or answer.of_all else answer.but(detail=_without(answer.detail, address))


async def _address_of(deps: Dependencies, tenant: Tenant, user_id: str) -> str | None:
    """Return the mail address that the directory has of a user now, None without one. Raises: as the directory."""
    try:
        address = await retry_while_throttled(lambda: deps.graph(tenant).mail_address(user_id))
    except NotFoundError:
        return None
    return address if is_mail_address(address) else None


def _without(detail: str, address: str) -> str:
    """Return the answer of a server without the address of a user: no table keeps addresses."""
    return detail.replace(address, "the user")


async def _sent(deps: Dependencies, endpoint: NoticeEndpoint, settings: MailSettings, mail: Mail) -> Tried:
    """Send a mail in the way of an endpoint. Raises: as shared.clients.pipeline."""
    if settings.transport is MailTransport.SMTP:
        password = await _secret(deps, endpoint.secret_url) if endpoint.secret_url else None
        return await deps.smtp.send(settings, password, mail)
    if settings.transport is MailTransport.GRAPH:
        tenant = (await deps.tenants.get(endpoint.tenant_id)).value
        graph, sender = deps.graph(tenant), str(settings.sender)
        await retry_while_throttled(lambda: send_by_graph(graph, sender, mail))
        return Tried(ok=True, status=202)
    service = deps.communication_mail
    if service is None:
        return Tried(ok=False, detail="the service sends no mail of its own: its operator has set none", of_all=True)
    await retry_while_throttled(lambda: service.send(mail))
    return Tried(ok=True, status=202)


async def _receivers_of_rule(deps: Dependencies, endpoint: NoticeEndpoint, template: str) -> list[str]:
    """Return the receivers that an alert rule names for mail: the oldest endpoint that mails alerts sends to them."""
    rule = await deps.alert_rules.find(endpoint.tenant_id, template)
    if rule is None:
        return []
    mailing = [
        each.value
        async for each in deps.notice_endpoints.each(endpoint.tenant_id)
        if each.value.collects and each.value.takes_notices and each.value.wants(EventType.ALERT_RAISED)
    ]
    oldest = min(mailing, key=lambda each: (each.created_date_time, each.id), default=endpoint)
    return list(rule.value.mailed_to) if oldest.id == endpoint.id else []


def signing(endpoint: NoticeEndpoint, now: datetime) -> list[str]:
    """Return the addresses of the secrets that sign now: the newest first, and the previous one for a time."""
    previous = endpoint.previous_secret_url if endpoint.previous_until and now < endpoint.previous_until else None
    return [each for each in (endpoint.secret_url, previous) if each]


async def _secret(deps: Dependencies, url: str | None) -> str:
    """Return the secret at an address. Raises: MissingError, DeclinedError, UnavailableError."""
    if url is None:
        return ""
    return await _SECRETS.get_or(deps, url, lambda: retry_while_throttled(lambda: deps.vault().read(url)))
