"""Deliveries: an event for one endpoint, its tries, and the order in which deliveries are sent. Pure.

Tries follow Standard Webhooks: ten in 75 hours (https://github.com/standard-webhooks/standard-webhooks). Deliveries of
one subject are sent in its order; an endpoint that answers nothing is tried with one delivery at a time.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zlib import crc32

from pydantic import Field

from shared.domain.notices.events import MANDATORY, NoticeEvent
from shared.domain.values import Value, is_false

KEPT = timedelta(days=7)
"""Time for which events and deliveries are kept, and can be replayed."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pauses between the tries of a delivery; behind the last one it has failed."""

SEND_WITHIN = timedelta(seconds=20)
"""Time that a receiver has for its answer."""

LEASE = timedelta(minutes=3)
"""Time for which a worker has an endpoint to itself: longer than a try takes, or two would send the same."""

CLOSED_AFTER = 5
"""Number of failures in succession after which an endpoint is tried with one delivery at a time."""

_LONGEST_WAIT = timedelta(hours=24)
_JITTER = 10  # percent, so that endpoints that failed together are not tried together


_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


def moment_text(at: datetime) -> str:
    """Return a moment as a text of constant length that sorts."""
    return at.astimezone(UTC).strftime(_MOMENT)


def place_of(event: NoticeEvent, written: str) -> str:
    """Return the key of an event: its own time, by which it is kept and found, and then when it was *written*.

    The service's clock may stand still, and differs between processes; the one of the storage orders what was written.
    """
    return f"{moment_text(event.time)}-{written}"


ALONE = "alertRecords/"
"""Beginning of the subjects whose events wait for no digest."""

DIGEST_EVERY = timedelta(hours=1)

USER_LINE, URGENT_LINE = "users/", "urgent/users/"
"""Prefixes of the lines of a user's mail: events that can wait for a digest and for quiet hours, and urgent ones."""

_USER_DIGEST_MINUTES = 15
"""Minutes of which a user gets one mail."""

_TIME_LENGTH = len("2026-01-01T00:00:00.000000-")


class DeliveryStatus(StrEnum):
    """Status of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # the last try has failed, or the receiver is gone
    INHIBITED = "inhibited"  # nobody wants it: an opt-out
    UNDELIVERABLE = "undeliverable"  # its user has no mail address, or one that takes no mail


class Tried(Value):
    """The end of one try. *status*: of HTTP, None without an answer. *of_all*: the fault is not this delivery's.

    *wait*: as long as the receiver asks for. *gone*: it wants no more notices. *paced*: it was not sent, because a rate
    limit lets it wait, which is no fault of anybody. *undeliverable*: its user has no mailbox; nobody else is held up.
    """

    ok: bool
    status: int | None = None
    detail: str = ""
    of_all: bool = False
    gone: bool = False
    wait: timedelta | None = None
    paced: bool = False
    undeliverable: bool = False


class Delivery(Value):
    """An event for one endpoint. *key*: the event's place in the order of its tenant.

    *test*: sent by hand, once. *to_user*: it is for the user of the event.
    """

    key: str
    tenant_id: str
    endpoint_id: str
    event: NoticeEvent
    status: DeliveryStatus = DeliveryStatus.PENDING
    tries: int = 0
    first_try_at: datetime | None = None
    last_try_at: datetime | None = None
    next_try_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
    test: bool = False
    to_user: bool = Field(False, exclude_if=is_false)

    @property
    def line(self) -> str:
        """The line in which the delivery is sent behind others: of its subject, or of the user who gets it."""
        if not self.to_user:
            return self.event.subject
        return f"{URGENT_LINE if self.event.type in MANDATORY else USER_LINE}{self.event.person}"

    def put_off(self, until: datetime, why: str) -> "Delivery":
        """Return the delivery that is tried no earlier than *until*; that is no try."""
        return self.but(next_try_at=until, last_error=why)

    def inhibited(self, why: str) -> "Delivery":
        """Return the delivery that is not sent."""
        return self.but(status=DeliveryStatus.INHIBITED, last_error=why, next_try_at=None)

    def after(self, answer: Tried, at: datetime) -> "Delivery":
        """Return the delivery after a try. A rate limit uses up none."""
        if answer.paced and not self.test:
            return self.put_off(at + (answer.wait or timedelta()), answer.detail)
        tried = self.but(
            tries=self.tries + 1,
            first_try_at=self.first_try_at or at,
            last_try_at=at,
            last_status=answer.status,
            last_error=None if answer.ok else answer.detail,
            next_try_at=None,
        )
        if answer.ok:
            return tried.but(status=DeliveryStatus.DELIVERED)
        if answer.undeliverable:
            return tried.but(status=DeliveryStatus.UNDELIVERABLE)
        if answer.gone or self.test or tried.tries > len(PAUSES):
            return tried.but(status=DeliveryStatus.FAILED)
        return tried.but(next_try_at=at + pause_after(tried, answer))

    def again(self) -> "Delivery":
        """Return the delivery reset to waiting, for a replay of the same event with the same id."""
        return self.but(status=DeliveryStatus.PENDING, tries=0, first_try_at=None, next_try_at=None, last_try_at=None)


def pause_after(tried: Delivery, answer: Tried) -> timedelta:
    """Return the pause before the next try: a little longer for each delivery by its id, or as the receiver asks."""
    regular = PAUSES[tried.tries - 1]
    share = crc32(f"{tried.endpoint_id}{tried.event.id}{tried.tries}".encode()) % (_JITTER * 10) / 1000
    return max(regular * (1 + share), min(answer.wait or timedelta(), _LONGEST_WAIT))


class EndpointState(Value):
    """The state of an endpoint, written by who sends. *failures*: in succession, of any deliveries.

    *closed_until*: one delivery at a time is tried, none before. *opened_at*: when it last answered again.
    *leased_until*: somebody sends until then.
    """

    id: str
    tenant_id: str
    failures: int = 0
    closed_until: datetime | None = None
    opened_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None
    leased_until: datetime | None = None

    def after(self, answer: Tried, at: datetime, next_try_at: datetime | None) -> "EndpointState":
        """Return the state after a try of a delivery. *next_try_at*: when that delivery is tried next."""
        if answer.undeliverable:
            return self
        if answer.paced:
            return self.but(closed_until=next_try_at, last_failure=answer.detail)
        if answer.ok:
            opened = at if self.closed_until else self.opened_at
            return self.but(failures=0, closed_until=None, opened_at=opened, last_success_at=at)
        failures = self.failures + 1
        closes = answer.of_all or failures >= CLOSED_AFTER
        return self.but(
            failures=failures,
            closed_until=next_try_at if closes else self.closed_until,
            last_failure_at=at,
            last_failure=answer.detail,
        )

    def has_only_failed_since(self, delivery: Delivery) -> bool:
        """Whether nothing has arrived since a delivery was first tried: the fault is the endpoint's."""
        first = delivery.first_try_at
        return self.last_success_at is None or first is None or self.last_success_at < first

    def is_leased(self, at: datetime) -> bool:
        """Whether a worker holds the lease of the endpoint."""
        return self.leased_until is not None and at < self.leased_until


class WaitingDelivery(Value):
    """The part of a waiting delivery that decides when it is sent: its key, its line as *subject*, and its times.

    *mark*: the key of the row that names it; it is no part of that row.
    """

    key: str
    subject: str
    next_try_at: datetime | None = None
    last_try_at: datetime | None = None
    mark: str = Field("", exclude=True)

    @property
    def collected_at(self) -> datetime:
        """The time at which a digest has it: the end of its hour, or of a user's quarter; urgent ones never wait."""
        at = datetime.strptime(self.key[: _TIME_LENGTH - 1], _MOMENT).replace(tzinfo=UTC)
        if self.subject.startswith((ALONE, URGENT_LINE)):
            return at
        if self.subject.startswith(USER_LINE):
            begun = at.replace(minute=at.minute - at.minute % _USER_DIGEST_MINUTES, second=0, microsecond=0)
            return begun + timedelta(minutes=_USER_DIGEST_MINUTES)
        return at.replace(minute=0, second=0, microsecond=0) + DIGEST_EVERY

    @property
    def order(self) -> str:
        """The sort key of the delivery within its subject."""
        return self.key[_TIME_LENGTH:]

    def is_ready(self, state: EndpointState, at: datetime) -> bool:
        """Whether the delivery may be tried: its pause is over, or the endpoint has answered since its last try."""
        if self.next_try_at is None or at >= self.next_try_at:
            return True
        return self.last_try_at is not None and state.opened_at is not None and self.last_try_at < state.opened_at


def ready(waiting: Iterable[WaitingDelivery], state: EndpointState, at: datetime) -> Iterator[WaitingDelivery]:
    """Yield the deliveries that may be tried now, each behind the earlier ones of its subject.

    Who takes one asks again: a failure holds up its subject. *waiting*: in their order.
    """
    if state.closed_until is not None and at < state.closed_until:
        return
    held: set[str] = set()
    for each in waiting:
        if each.subject in held:
            continue
        if each.is_ready(state, at):
            yield each
        else:
            held.add(each.subject)


def next_look(
    waiting: Iterable[WaitingDelivery], state: EndpointState, at: datetime, *, collects: bool = False
) -> datetime | None:
    """Return when a delivery may next be tried; None where none waits. *collects*: they wait for a digest."""
    heads: dict[str, WaitingDelivery] = {}
    for each in waiting:
        heads.setdefault(each.subject, each)
    tries = ((head, at if head.is_ready(state, at) else head.next_try_at or at) for head in heads.values())
    times = [max(time, head.collected_at) if collects else time for head, time in tries]
    return max(min(times), state.closed_until or at) if times else None
