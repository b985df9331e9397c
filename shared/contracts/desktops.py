"""Desktops: a machine becomes the user's in the tenant's pool, and is taken out of use."""

from datetime import datetime, timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.builds import CleanUpOrder, OfBuild, WarnOrder
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.machines import DELETE_POLL, Machine
from shared.contracts.outcomes import Accepted, Done, Refused, Superseded
from shared.contracts.reconciling import Started, StartOrder
from shared.domain.destroying import Confirmation
from shared.domain.networks.connection import JoinType
from shared.domain.values import Value, is_false


class HostPoolOrder(Value):
    """The tenant's personal host pool for a join and a way to sign in, with its application group and workspace."""

    tenant_id: str
    subscription_id: str
    resource_group: str
    region: str
    join_type: JoinType
    single_sign_on: bool = True


class HostPoolReady(Value):
    """The pool is there."""

    kind: Literal["hostPoolReady"] = "hostPoolReady"
    host_pool_id: str
    application_group_id: str


class RegistrationOrder(Value):
    """Register the machine in the pool: a registration token is fetched and handed over inside the activity."""

    machine: Machine
    host_pool_id: str
    join_type: JoinType


class SessionHostOrder(Value):
    """The machine's session host in the pool. *domain_name*: of the domain in which it is, where that is known."""

    machine: Machine
    host_pool_id: str
    domain_name: str | None = None


class SessionHostFound(Value):
    """The machine answers in the pool. *name* is its fully qualified name there."""

    kind: Literal["sessionHostFound"] = "sessionHostFound"
    name: str


class AssignmentOrder(Value):
    """Give the session host to the user. *user_id*: None where an older release has ordered it."""

    machine: Machine
    host_pool_id: str
    session_host: str
    user_principal_name: str
    user_id: str | None = None


class SignInRightsOrder(Value):
    """Let this user, and no other, sign in: to the desktop, and on an Entra-joined machine to the machine.

    *given*: whether that was done before; then what is there is read, and only what is missing is given.
    """

    machine: Machine
    application_group_id: str
    user_id: str
    join_type: JoinType
    given: bool = False


class RightsGiven(Value):
    """The roles are there. *since*: Azure's own moment of the last one; they count some minutes later.

    None: of a release that did not ask for it.
    """

    kind: Literal["done"] = "done"
    since: datetime | None = None


class ForgetSessionHostOrder(Value):
    """Take the machine out of every pool of the tenant it is in; delete the record before the VM.

    *domain_name*: of the domain in which it is, where that is known. *unless_in_use*: only while nobody is active
    on it.
    """

    machine: Machine
    host_pool_id: str | None = None
    domain_name: str | None = None
    unless_in_use: bool = Field(False, exclude_if=is_false)


IN_USE = "inUse"
"""The code of a refusal to take a machine from somebody who is active on it."""


PREPARE_HOST_POOL = Activity("prepare_host_pool", HostPoolOrder, HostPoolReady, Refused, effect=Effect.MAKES)
BEGIN_REGISTRATION = Activity("begin_registration", RegistrationOrder, Accepted, Refused, effect=Effect.CHANGES)
POLL_SESSION_HOST = Poll("poll_session_host", SessionHostOrder, SessionHostFound, Refused, effect=Effect.READS)
ASSIGN_SESSION_HOST = Activity("assign_session_host", AssignmentOrder, Done, Refused, effect=Effect.CHANGES)
RELEASE_SESSION_HOST = Activity("release_session_host", ForgetSessionHostOrder, Done, Refused, effect=Effect.ENDS)
GRANT_SIGN_IN = Poll("grant_sign_in", SignInRightsOrder, RightsGiven, Refused, effect=Effect.CHANGES)
DELETE_SESSION_HOST = Activity("delete_session_host", ForgetSessionHostOrder, Done, Refused, effect=Effect.ENDS)
REVOKE_SIGN_IN = Activity("revoke_sign_in", ForgetSessionHostOrder, Done, Refused, effect=Effect.ENDS)

# First polls come near the usual end: DSC takes about three minutes, the agent's first report about 90 seconds.
REGISTRATION_POLL = PollPolicy(timedelta(seconds=120), timedelta(seconds=30), timedelta(minutes=90))
SESSION_HOST_POLL = PollPolicy(timedelta(seconds=45), timedelta(seconds=30), timedelta(minutes=30))
SIGN_IN_POLL = PollPolicy(timedelta(0), timedelta(seconds=20), timedelta(minutes=10))


class DeprovisionOrder(OfBuild):
    """Take a Cloud PC out of use, if its record says that it is time."""


class Built(Value):
    """No build of the Cloud PC runs any more. *remains*: orders to clean up.

    *confirmation*: that its grace period may end. *warnings*: of the sessions on its machines.
    """

    kind: Literal["built"] = "built"
    remains: tuple[CleanUpOrder, ...] = ()
    confirmation: Confirmation | None = None
    warnings: tuple[WarnOrder, ...] = ()


class Deprovisioned(Value):
    """Result of a deprovisioning. *outcome* ``notNow``: by its record it stays, or is deprovisioned already."""

    outcome: Literal["deprovisioned", "notNow"]
    left: tuple[Refused, ...] = ()  # what could not be closed; the clean-up tries again


class DeprovisionedRecord(OfBuild):
    """The Cloud PC is out of use."""

    left: tuple[Refused, ...] = ()


START_DEPROVISIONING = Activity(
    "start_deprovisioning", StartOrder, Started, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
BEGIN_DEPROVISIONING = Activity(
    "begin_deprovisioning", DeprovisionOrder, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
POLL_END_OF_BUILD = Poll("poll_end_of_build", DeprovisionOrder, Built, Superseded, effect=Effect.READS)
SIGN_OFF = Activity("sign_off", ForgetSessionHostOrder, Done, Refused, effect=Effect.ENDS)
RECORD_DEPROVISIONED = Activity(
    "record_deprovisioned", DeprovisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

BUILD_END_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(hours=1))
"""Polls for the end of a superseded build, which ends at its next step, or is terminated after ``STOP_AFTER``."""

DEPROVISION = Workflow(
    "deprovision_cloud_pc",
    DeprovisionOrder,
    Deprovisioned,
    longest_wait=max(BUILD_END_POLL.timeout, DELETE_POLL.timeout),
)

STOP_AFTER = timedelta(minutes=10)
"""Time between the cancellation and the end of a build that only waits. It makes nothing while it waits."""
