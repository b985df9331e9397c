"""The computer account that a hybrid join makes in the domain: disabled when its Cloud PC goes, never deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.cloud_pcs.build import Failure
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
