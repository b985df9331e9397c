"""Scripts and apps of a policy on a Cloud PC: run, read, recorded."""

from datetime import datetime, timedelta

from shared.contracts.builds import OfAttempt
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused, Superseded
from shared.domain.cloud_pcs.build import Failure
from shared.domain.policies.policy import BuiltScript, Snapshot
from shared.domain.values import Value


class PolicyScriptOrder(Value):
    """Run a script, or install a package. *number*: its place among the scripts of its build, from 0."""

    machine: Machine
    number: int
    script: BuiltScript

    @property
    def poll(self) -> PollPolicy:
        """The times of polls: Azure ends the script at its own time-out, and then needs a little to say so."""
        return PollPolicy(_POLLED, _POLLED, timedelta(minutes=self.script.timeout_in_minutes) + _REPORTED)


class ScriptRecord(OfAttempt):
    """A script of a build has ended. *failure*: None where it has succeeded."""

    number: int
    script: BuiltScript
    began_at: datetime
    failure: Failure | None = None


def script_orders(machine: Machine, snapshot: Snapshot) -> tuple[PolicyScriptOrder, ...]:
    """Return the orders of all scripts of a build, in their order."""
    scripts = enumerate(snapshot.built_scripts)
    return tuple(PolicyScriptOrder(machine=machine, number=number, script=script) for number, script in scripts)


_POLLED, _REPORTED = timedelta(seconds=30), timedelta(minutes=5)
SCRIPT_WAIT = timedelta(minutes=90) + _REPORTED
"""The longest that one script is waited for."""

BEGIN_SCRIPT = Activity("begin_script", PolicyScriptOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_SCRIPT = Poll("read_script", PolicyScriptOrder, Done, Refused, effect=Effect.READS)
RECORD_SCRIPT = Activity("record_script", ScriptRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
