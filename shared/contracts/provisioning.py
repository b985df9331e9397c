"""Provisioning a Cloud PC: the order and the receipt, resuming an attempt, and post-provisioning."""

from datetime import datetime, timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.builds import CleanUpOrder, OfAttempt, OfBuild, WarnOrder, leftovers_of, warning_of
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, PollPolicy, Workflow
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.contracts.scripts import PolicyScriptOrder
from shared.domain import naming
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.build import Build, Failure, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User, local_administrator
from shared.domain.cloud_pcs.replacing import Resumption, resumption
from shared.domain.cloud_pcs.windows_steps import STEPS
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Connection, Domain, Network
from shared.domain.owner import Owner
from shared.domain.planning.in_place import WantedSettings
from shared.domain.planning.queueing import regions_of, subscription_of
from shared.domain.policies.policy import Snapshot
from shared.domain.pools.member import PoolMember
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value, is_empty, is_false, is_none


class Replaced(Value):
    """The machine that a replacement takes the place of: its remains, and its name in the host pool.

    *unless_in_use*: only if nobody is active on it then.
    """

    remains: CleanUpOrder
    session_host: str | None = None
    unless_in_use: bool = Field(False, exclude_if=is_false)


class ProvisionOrder(OfAttempt):
    """One build of one Cloud PC: a snapshot, so that later edits do not reach a build that runs."""

    attempt: int = 1
    attempts: int = 3
    user: User
    plan: ServicePlan
    snapshot: Snapshot
    subscription_id: str
    resource_group: str
    tenant_resource_group: str
    regions: tuple[str, ...]
    zones: tuple[str, ...] = ()
    address_space: str
    network: Network
    domain: Domain | None = None
    hybrid_join_wait: timedelta
    enrollment_wait: timedelta
    parking_limit: timedelta
    parked_since: datetime | None = None
    slot: naming.Slot = "a"
    remains: tuple[CleanUpOrder, ...] = ()  # what earlier attempts left, where they left it; it goes first
    resume: Resumption | None = None  # unless its machine, which is among the remains, is gone on with
    replaces: Replaced | None = None  # the current machine, whose place it takes
    in_pool: bool = False  # it is a member of a warm pool, which has no user yet
    claimed: bool = False  # the user gets the machine of a member, with which it goes on
    disk: KeptDisk | None = None  # the copy of a disk from which it is built; None: from the image of its snapshot
    wakes: bool = Field(False, exclude_if=is_false)  # that machine is off, and has to be started first
    another: bool = Field(False, exclude_if=is_false)  # if Azure refuses that machine, the user gets another, once
    within: str | None = Field(None, exclude_if=is_none)  # the only one of the regions in which it may be built
    warning: WarnOrder | None = Field(None, exclude_if=is_none)  # before the machine that is there goes

    @property
    def computer_name(self) -> str:
        """This attempt's computer name; each attempt has its own (naming.computer_name) unless it is resumed."""
        if self.resume is not None and self.resume.made.computer_name is not None:
            return self.resume.made.computer_name
        if self.disk is not None:
            return self.disk.computer_name
        return naming.computer_name(
            self.snapshot.configuration.naming_template,
            self.user.user_principal_name,
            seed=f"{self.tenant_id}/{self.cloud_pc_id}/{self.generation}/{self.attempt}",
        )

    def machine(self, region: str) -> Machine:
        """Return this attempt's machine in *region*."""
        return Machine(
            tenant_id=self.tenant_id,
            owner=Owner.cloud_pc(self.cloud_pc_id),
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=region,
            computer_name=self.computer_name,
            slot=self.slot,
            replaces=self.replaces is not None,
            in_pool=self.in_pool,
        )

    def next_attempt(self, *, joined_domain: bool = False, resume: Resumption | None = None) -> "ProvisionOrder":
        """Return the order of the next attempt, which resumes this one or first cleans up its remains."""
        claimed = self.claimed and resume is not None
        another = self.another and claimed
        following = self.but(
            attempt=self.attempt + 1, parked_since=None, resume=resume, claimed=claimed, another=another
        )
        if self.resume is not None:  # the machine is among the remains already
            return following
        own = CleanUpOrder(
            tenant_id=self.tenant_id,
            cloud_pc_id=self.cloud_pc_id,
            generation=self.generation,
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=self.regions[0],
            computer_names=(self.computer_name,),
            slot=self.slot,
            domain_connection_id=self.snapshot.connection_id if joined_domain else None,
        )
        return following.but(remains=(*self.remains, own))

    def anew(self) -> "ProvisionOrder":
        """Return the order of the same attempt from its beginning: the machine is not gone on with."""
        return self.but(resume=None, claimed=False, wakes=False, another=False)

    def cleaned(self) -> "ProvisionOrder":
        """Return the order of the same attempt when nothing of an earlier one is left."""
        return self.but(remains=())


def order_for(pc: CloudPc, build: Build, tenant: Tenant, site: Site, connection: Connection) -> ProvisionOrder:
    """Return the order for *build* of *pc*, as its snapshot says. Raises: ValueError without a snapshot."""
    if build.snapshot is None:
        message = f"Cloud PC {pc.id} has no snapshot of a policy"
        raise ValueError(message)
    settings = tenant.settings
    subscription_id = subscription_of(build, tenant, connection)
    built_in = (build.resources.subscription_id, build.resources.resource_group)
    gone_on_with = resumption(build) if built_in == (subscription_id, site.resource_group) else None
    use = build.pool if gone_on_with is not None else None
    remains = leftovers_of(pc, build, kept_in_days=settings.deleted_cloud_pcs_kept_in_days)
    return ProvisionOrder(
        tenant_id=tenant.id,
        cloud_pc_id=pc.id,
        generation=build.generation,
        attempts=settings.attempts,
        user=pc.user,
        plan=build.new_plan or pc.plan,
        snapshot=build.snapshot,
        subscription_id=subscription_id,
        resource_group=site.resource_group,
        tenant_resource_group=tenant.resource_group,
        regions=_regions(site, build, connection),
        zones=site.zones,
        address_space=site.address_space,
        network=connection.network,
        domain=connection.domain,
        hybrid_join_wait=timedelta(minutes=settings.hybrid_join_wait_in_minutes),
        enrollment_wait=timedelta(minutes=settings.enrollment_wait_in_minutes),
        parking_limit=settings.parking_limit,
        slot=pc.slot_of(build),
        remains=remains,
        resume=gone_on_with,
        disk=build.disk,
        in_pool=isinstance(pc, PoolMember),
        within=pc.pool_region if isinstance(pc, PoolMember) else None,
        claimed=use is not None and use.claimed,
        wakes=use is not None and use.off,
        another=use is not None and use.claimed and use.instead_of is None,
        warning=None if gone_on_with else _warning_of_rebuild(pc, build, remains),
    )


def _regions(site: Site, build: Build, connection: Connection) -> tuple[str, ...]:
    """Return the regions of a build, best first; a machine that is built from a copy is where the copy is."""
    return regions_of(site, connection) if build.disk is None else (build.disk.region,)


def replacement_order(pc: CloudPc, tenant: Tenant, site: Site, connection: Connection) -> ProvisionOrder | None:
    """Return the order for the replacement of *pc*, or None if the record has no unfinished replacement.

    The order contains the present machine, which no other work may change meanwhile.
    """
    build, current = pc.replacement, leftovers_of(pc, pc.current)
    if build is None or not build.unfinished or not current:
        return None
    replaces = Replaced(
        remains=current[0], session_host=pc.current.resources.session_host, unless_in_use=build.unless_in_use
    )
    warning = _warning(pc, build, current[0], ACTIONS["moveToPolicy"].disrupts)
    return order_for(pc, build, tenant, site, connection).but(replaces=replaces, warning=warning)


def _warning_of_rebuild(pc: CloudPc, build: Build, remains: tuple[CleanUpOrder, ...]) -> WarnOrder | None:
    """Return the warning before a rebuild removes the previous machine in its first attempt, else None."""
    if not remains or build.attempt > 0:
        return None
    return _warning(pc, build, remains[-1], ACTIONS["reprovision"].disrupts)


def _warning(pc: CloudPc, build: Build, remains: CleanUpOrder, text: str) -> WarnOrder:
    return warning_of(pc, remains.machine(), remains.host_pool_id, text, build.operation_id)


def provisioning_instance(pc: CloudPc) -> str:
    """Return the id of the instance that builds *pc*, now or when it was built last."""
    return naming.instance_id(pc.tenant_id, pc.id, "provision", pc.current.generation)


def replacing_instance(pc: CloudPc) -> str | None:
    """Return the id of the instance that builds the replacement of *pc*, or None without a replacement."""
    if pc.replacement is None or not pc.replacement.unfinished:
        return None
    return naming.instance_id(pc.tenant_id, pc.id, "replace", pc.replacement.generation)


class Receipt(Value):
    """Result of a build."""

    outcome: Literal["provisioned", "provisionedWithWarnings", "failed", "superseded"]
    attempts: int
    failure: Failure | None = None


class AbandonOrder(OfBuild):
    """The build of a replacement is over: there is no place for it to take any more."""


PROVISION = Workflow("provision_cloud_pc", ProvisionOrder, Receipt)
REPLACE = Workflow("replace_cloud_pc", ProvisionOrder, Receipt)
ABANDON_REPLACEMENT = Activity("abandon_replacement", AbandonOrder, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

PARKING_PAUSE = timedelta(minutes=10)
"""Time for which a parked build waits before it looks for capacity again."""


class RecognizeOrder(Value):
    """Compare the machine and its known devices with Azure, Entra ID and Intune."""

    machine: Machine
    entra_device_id: str | None = None
    managed_device_id: str | None = None


class Recognized(Value):
    """The machine runs and answers, and its devices are there. *device_object_id*: Graph's id of the Entra device."""

    kind: Literal["recognized"] = "recognized"
    device_object_id: str | None = None


class Unrecognized(Value):
    """The machine or one of its devices has changed: *why* names the difference."""

    kind: Literal["unrecognized"] = "unrecognized"
    why: str


RECOGNIZE_MACHINE = Activity(
    "recognize_machine", RecognizeOrder, Recognized | Unrecognized, Refused, effect=Effect.READS
)


class ConfigurationOrder(Value):
    """Steps to run.

    *local_administrator*: the account to add or remove (a name in a domain, or an object id in Microsoft Entra ID),
    or None. *redirections*: the allowed ones (``SecurityDefaults.redirections``).
    """

    machine: Machine
    steps: tuple[str, ...] = STEPS
    local_administrator: str | None = None
    redirections: tuple[str, ...] = ()


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
    """Run post-provisioning steps and *scripts* on an existing Cloud PC.

    *configuration* has the steps; it may have none where there are scripts. *wanted*: the settings of the policy that
    they bring to a machine without a rebuild, None where they run again.
    """

    generation: int
    operation_id: str
    configuration: ConfigurationOrder
    # Not written while there is none: the histories of earlier releases do not have it.
    scripts: tuple[PolicyScriptOrder, ...] = Field((), exclude_if=is_empty)
    wanted: WantedSettings | None = Field(None, exclude_if=is_none)


class RerunRecord(OfBuild):
    """Result of running *steps*: warnings of these steps are replaced by *warnings*.

    *wanted*: the settings that they have brought to the machine, but for those of failed steps.
    """

    operation_id: str
    steps: tuple[str, ...]
    warnings: tuple[Warn, ...] = ()
    wanted: WantedSettings | None = Field(None, exclude_if=is_none)


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
