"""The computer account that a hybrid join makes in the domain: disabled when its Cloud PC goes, never deleted."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.definitions import PATIENT, Activity, PollPolicy, returns
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.domain.values import Value


class DisableOrder(Value):
    """Disable the account of the machine's computer name, from the machine, with the rights of the join account.

    *connection_id*: the connection through which it joined; the password is read from Key Vault inside the activity.
    """

    machine: Machine
    connection_id: str


class AccountRecord(Value):
    """The account is disabled, or *refused* says why an administrator has to do it."""

    machine: Machine
    connection_id: str
    refused: Refused | None = None


BEGIN_DISABLE = Activity("begin_disable", DisableOrder, returns(Accepted | Refused))
READ_DISABLE = Activity("read_disable", DisableOrder, returns(Done | Pending | Refused))
RECORD_ACCOUNT = Activity("record_account", AccountRecord, returns(Done), PATIENT)

ACCOUNT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=20), timedelta(minutes=15))
"""An agent that does not answer must not hold up the clean-up."""
