"""Post-provisioning: steps in one managed run command, whose failures are warnings."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Never

from shared.contracts.builds import OfBuild
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, PollPolicy, Workflow
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.domain import naming
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User, local_administrator
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value

STEPS = (
    "setLocale",
    "hidePowerIcons",
    "disableWindowsReset",
    "assignLocalAdministrator",
    "setTeamsVdiMode",
    "enableTimeZoneRedirection",
    "setRedirections",
    "enableVirtualizationBasedSecurity",
    "resizeOsPartition",
)
"""The steps in their order; each is a file of shared/scripts named in kebab case."""

LOCAL_ADMINISTRATOR = "assignLocalAdministrator"

REMOVE_LOCAL_ADMINISTRATOR = "removeLocalAdministrator"
"""The opposite of ``assignLocalAdministrator``, for users who are to be standard users again."""


class ConfigurationOrder(Value):
    """Steps to run.

    *local_administrator*: the account to add or remove, None where there is none. *redirections*: those that are
    allowed (``SecurityDefaults.redirections``).
    """

    machine: Machine
    steps: tuple[str, ...] = STEPS
    local_administrator: str | None = None
    redirections: tuple[str, ...] = ()


def wanted_steps(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the steps of a build, without those that its policy does not want."""
    left_out = {
        LOCAL_ADMINISTRATOR: not snapshot.configuration.local_admin_enabled,
        "enableVirtualizationBasedSecurity": not snapshot.configuration.security_defaults.virtualization_based_security,
    }
    return tuple(step for step in STEPS if not left_out.get(step))


def configuration_for(machine: Machine, user: User, snapshot: Snapshot, steps: tuple[str, ...]) -> ConfigurationOrder:
    """Return the order that runs *steps* as the policy wants them: of a build, or once more."""
    return ConfigurationOrder(
        machine=machine,
        steps=steps,
        local_administrator=local_administrator(user, snapshot),
        redirections=snapshot.configuration.security_defaults.redirections,
    )


class Configured(Value):
    """Result of the configuration; no warnings: all is well."""

    kind: Literal["configured"] = "configured"
    warnings: tuple[Warn, ...] = ()


class RerunOrder(Value):
    """Run the post-provisioning steps of *configuration* again on a Cloud PC that has warnings for them."""

    generation: int
    operation_id: str
    configuration: ConfigurationOrder


class RerunRecord(OfBuild):
    """Result of running *steps* again: warnings of these steps are replaced by *warnings*."""

    operation_id: str
    steps: tuple[str, ...]
    warnings: tuple[Warn, ...] = ()


def rerunning_instance(pc: CloudPc) -> str:
    """Return the id of the instance that runs steps again on *pc*."""
    return naming.instance_id(pc.tenant_id, pc.id, "rerun", pc.current.generation)


RECORD_RERUN = Activity("record_rerun", RerunRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

BEGIN_CONFIGURATION = Activity("begin_configuration", ConfigurationOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_CONFIGURATION = Activity(
    "read_configuration", ConfigurationOrder, Configured, Pending | Refused, effect=Effect.READS
)
CONFIGURATION_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=30), timedelta(minutes=95))

RERUN_STEPS = Workflow("rerun_steps", RerunOrder, Configured, longest_wait=CONFIGURATION_POLL.timeout)
