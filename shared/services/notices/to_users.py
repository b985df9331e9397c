"""Mail to the users of Cloud PCs about their own, in their language and time zone.

What a user has left out is not sent, and what falls into their quiet hours waits for the end of these; neither counts
for what removes something. A user without a mailbox holds up nobody else (docs/decisions/0287).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.notices.delivery import URGENT_LINE, Delivery, WaitingDelivery
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.notices.personal import PersonalNotices
from shared.domain.notices.texts import MailReader, locale_of
from shared.domain.power.zones import ELSEWHERE
from shared.errors import NotFoundError
from shared.services.notices.sending import mail_user
from shared.services.notices.worker import Worker, keep_lease, note, settle
from shared.services.power.zones import zone_of_cloud_pc

_OPTED_OUT = "the user has left out mail of this type"
_QUIET = "it waits for the end of the user's quiet hours"


async def send_to_users(worker: Worker, some: Sequence[WaitingDelivery]) -> bool:
    """Send each user one mail of the deliveries that may be tried; return whether none is left.

    What is urgent goes first, because a rate limit may let the rest wait for hours.
    """
    for line in _lines(some, worker):
        await _send_line(worker, line)
        closed_until = worker.state.value.closed_until
        if closed_until is not None and closed_until > worker.deps.clock.now():
            return True
        if not worker.endpoint.takes_notices:
            return True
        if not worker.has_time:
            return False
    return True


def _lines(some: Sequence[WaitingDelivery], worker: Worker) -> Iterator[list[WaitingDelivery]]:
    """Yield the lines of which something has waited for as long as a digest collects, the urgent ones first."""
    lines: dict[str, list[WaitingDelivery]] = {}
    for each in some:
        lines.setdefault(each.subject, []).append(each)
    now = worker.deps.clock.now()
    for _, line in sorted(lines.items(), key=lambda each: not each[0].startswith(URGENT_LINE)):
        if any(each.collected_at <= now for each in line):
            yield line


async def _send_line(worker: Worker, line: Sequence[WaitingDelivery]) -> None:
    """Send the mail of one user, or write down why it is not sent now."""
    deps, endpoint = worker.deps, worker.endpoint
    settled: Mapping[str, Delivery] = {}
    found = await deps.deliveries.among(endpoint.tenant_id, endpoint.id, [each.key for each in line])
    try:
        settled = await _settled(worker, list(found.values())) if found else {}
    finally:
        await note(worker, line, {**found, **settled})


async def _settled(worker: Worker, found: Sequence[Delivery]) -> dict[str, Delivery]:
    """Send the deliveries that the user wants now; return all of them with their new states."""
    deps, endpoint = worker.deps, worker.endpoint
    choice = await choice_of(deps, endpoint.tenant_id, found[0].event.person or "")
    reader = await _reader_of(deps, endpoint, found[0], choice)
    settled = {each.key: each.inhibited(_OPTED_OUT) for each in found if not choice.wants(each.event.type)}
    wanted = [each for each in found if each.key not in settled]
    quiet_until = choice.quiet_hours.end_after(deps.clock.now(), reader.zone) if choice.quiet_hours else None
    if quiet_until is not None and not found[0].line.startswith(URGENT_LINE):
        settled |= {each.key: each.put_off(quiet_until, _QUIET) for each in wanted}
        wanted = []
    for each in settled.values():
        await deps.deliveries.settle(each)
    if wanted:
        await keep_lease(worker)
        answer = await mail_user(deps, endpoint, wanted, reader)
        settled |= {each.key: await settle(worker, each, answer) for each in wanted}
    return settled


async def choice_of(deps: Dependencies, tenant_id: str, user_id: str) -> PersonalNotices:
    """Return the mail preferences of a user: all mail at any time, where they have set none."""
    found = await deps.personal_notices.find(tenant_id, user_id)
    return found.value if found else PersonalNotices(id=user_id, tenant_id=tenant_id)


async def _reader_of(
    deps: Dependencies, endpoint: NoticeEndpoint, delivery: Delivery, choice: PersonalNotices
) -> MailReader:
    """Return the language of the policy of the Cloud PC, and the time zone of the user or of the site.

    The language is the endpoint's where the Cloud PC is gone.
    """
    pc = await _cloud_pc_of(deps, delivery)
    if pc is None:
        return MailReader(endpoint.locale, choice.time_zone or ELSEWHERE)
    snapshot = pc.current.snapshot
    locale = locale_of(snapshot.configuration.locale) if snapshot else endpoint.locale
    return MailReader(locale, choice.time_zone or await zone_of_cloud_pc(deps, pc, of_user=True))


async def _cloud_pc_of(deps: Dependencies, delivery: Delivery) -> CloudPc | None:
    """Return the Cloud PC that an event is about: a reclaim case has its id. Or another one of the user."""
    event = delivery.event
    try:
        return (await deps.cloud_pcs.get(event.tenant_id, event.subject.partition("/")[2])).value
    except NotFoundError:
        others = await deps.cloud_pcs.of_user(event.tenant_id, event.person or "")
        return others[0].value if others else None
