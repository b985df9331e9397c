"""Joining the directory, Intune and the primary user; the computer account, and the carriers of its password."""

from datetime import datetime, timedelta
from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Retry
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.cloud_pcs.build import Failure
from shared.domain.networks.connection import Domain, JoinType
from shared.domain.owner import Owner
from shared.domain.values import Value


class DisableOrder(Value):
    """Disable the account of the machine's computer name, from the machine, with the rights of the join account.

    *connection_id*: the connection through which it joined; the password is read from Key Vault inside the activity.
    """

    machine: Machine
    connection_id: str


class AccountRecord(Value):
    """The account is disabled, or *refused* says why an administrator has to do it.

    *password_left*: why the script that had the join password is on the machine still, None when it is not.
    """

    machine: Machine
    connection_id: str
    refused: Refused | None = None
    password_left: Failure | None = None


BEGIN_DISABLE = Activity("begin_disable", DisableOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_DISABLE = Poll("read_disable", DisableOrder, Done, Refused, effect=Effect.READS)
RECORD_ACCOUNT = Activity("record_account", AccountRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

ACCOUNT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=20), timedelta(minutes=15))
"""An agent that does not answer must not delay the clean-up."""


class Carrier(Value):
    """A carrier by its name on the machine."""

    kind: Literal["runCommands", "extensions"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class CarrierOrder(Value):
    """Remove a carrier from a machine; its effects on Windows stay."""

    machine: Machine
    carrier: Carrier


DOMAIN_JOIN = Carrier.model_construct(kind="extensions", name="JsonADDomainExtension")
"""The extension that joins a domain."""

DISABLE_ACCOUNT = Carrier.model_construct(kind="runCommands", name="deskwright-account")
"""The script that disables a computer account."""


CONNECT = Carrier.model_construct(kind="runCommands", name="deskwright-connect")
"""The script that gives the administrator of an image version's machine the chosen password."""


def probe_script(steps: tuple[str, ...]) -> Carrier:
    """Return the run command of a probe's *steps*: a machine has several."""
    return Carrier(kind="runCommands", name=f"deskwright-probe-{steps[0].lower()}")


BEGIN_CARRIER_REMOVAL = Activity(
    "begin_carrier_removal", CarrierOrder, Accepted | Done, Refused, Retry(attempts=3), effect=Effect.ENDS
)

CARRIER_POLL = PollPolicy(timedelta(seconds=15), timedelta(seconds=15), timedelta(minutes=15))
"""The poll of the removal: an agent that does not answer must not delay the next step for long."""


class EntraJoinOrder(Value):
    """Join the machine to Entra ID, with Intune enrolment as a device unless *enroll* says otherwise."""

    machine: Machine
    enroll: bool = True


class DomainJoinOrder(Value):
    """Join the machine to the on-premises domain; the password is read from Key Vault inside the activity."""

    machine: Machine
    domain: Domain


class DeviceOrder(Value):
    """Find the machine's device in Entra ID by its name, and ignore devices that registered before *not_before*."""

    tenant_id: str
    owner: Owner
    computer_name: str
    join_type: JoinType
    not_before: datetime


class DeviceFound(Value):
    """The device is in the directory. *device_id*: its deviceId; *object_id*: the id in Graph."""

    kind: Literal["deviceFound"] = "deviceFound"
    device_id: str
    object_id: str


class DeviceEnrollmentOrder(Value):
    """Tell the machine to enrol in Intune with its device's own credential."""

    machine: Machine


class EnrollmentOrder(Value):
    """Find the device's record in Intune. From *explain_from* on, a poll also reports missing prerequisites."""

    tenant_id: str
    owner: Owner
    computer_name: str
    device_id: str
    explain_from: datetime | None = None


class Enrolled(Value):
    """Intune manages the device."""

    kind: Literal["enrolled"] = "enrolled"
    managed_device_id: str


class StampOrder(Value):
    """Stamp the policy's name on the device, as Windows 365 does with the enrolment profile's."""

    tenant_id: str
    device_object_id: str
    policy_name: str


class PrimaryUserOrder(Value):
    """Make the user the managed device's primary user."""

    tenant_id: str
    managed_device_id: str
    user_id: str


class ForgetDeviceOrder(Value):
    """Remove every trace of a computer name of ours from Intune and Entra ID."""

    tenant_id: str
    owner: Owner
    computer_name: str


BEGIN_ENTRA_JOIN = Activity("begin_entra_join", EntraJoinOrder, Accepted, Refused, effect=Effect.CHANGES)
BEGIN_DOMAIN_JOIN = Activity("begin_domain_join", DomainJoinOrder, Accepted, Refused, effect=Effect.CHANGES)
POLL_DEVICE = Poll("poll_device", DeviceOrder, DeviceFound, Refused, effect=Effect.READS)
BEGIN_ENROLLMENT = Activity("begin_enrollment", DeviceEnrollmentOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_ENROLLMENT = Poll("read_enrollment", DeviceEnrollmentOrder, Done, Refused, effect=Effect.READS)
POLL_ENROLLMENT = Poll("poll_enrollment", EnrollmentOrder, Enrolled, Refused, effect=Effect.READS)
STAMP_ENROLLMENT_PROFILE = Activity("stamp_enrollment_profile", StampOrder, Done, Refused, effect=Effect.CHANGES)
SET_PRIMARY_USER = Poll("set_primary_user", PrimaryUserOrder, Done, Refused, effect=Effect.CHANGES)
DELETE_MANAGED_DEVICE = Activity("delete_managed_device", ForgetDeviceOrder, Done, Refused, effect=Effect.ENDS)
DELETE_DEVICE = Activity("delete_device", ForgetDeviceOrder, Done, Refused, effect=Effect.ENDS)

DEVICE_POLL = PollPolicy(timedelta(seconds=5), timedelta(seconds=45), timedelta(minutes=20))
ENROLLMENT_SCRIPT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=15), timedelta(minutes=45))
PRIMARY_USER_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(minutes=15))


def hybrid_poll(limit: timedelta) -> PollPolicy:
    """Return the poll policy for a hybrid device: it comes with the next sync cycle, at most every 30 minutes."""
    return PollPolicy(timedelta(minutes=2), timedelta(minutes=2), limit)


def enrollment_poll(limit: timedelta) -> PollPolicy:
    """Return the poll policy for Intune: the record appears 1 to 30 minutes after the join."""
    return PollPolicy(timedelta(seconds=60), timedelta(seconds=45), limit)
