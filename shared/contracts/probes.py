"""The probe: a temporary VM in the connection's own subnet that tries the steps of a Cloud PC."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.definitions import Activity, Effect, Poll, PollPolicy
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Refused
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Domain, HealthCheck, JoinType, Network
from shared.domain.owner import Owner, OwnerKind
from shared.domain.values import Value

PROBER = ServicePlan.model_construct(
    id="prober", sku_part_number="prober", display_name="Prober", v_cpu_count=2, ram_in_gb=8, storage_in_gb=128
)
"""The temporary VM's hardware."""

PROBE_IMAGE = ImageSource.model_construct(
    marketplace=MarketplaceImage.model_construct(
        publisher="MicrosoftWindowsDesktop", offer="windows-ent-cpc", sku="win11-24h2-ent-cpc-m365"
    )
)
"""The image of the probe: the Windows of a Cloud PC, because another one may behave differently."""


class ProbeOrder(Value):
    """Probe one connection.

    *earlier*: computer names that earlier probes may have left. *clean_only*: just remove what these have left.
    *unsettled*: those of them whose account in the domain nobody has seen disabled, because their checks broke off.
    """

    tenant_id: str
    connection_id: str
    subscription_id: str
    resource_group: str
    region: str
    zones: tuple[str, ...] = ()
    address_space: str  # of the hosted network's site
    network: Network
    join_type: JoinType
    domain: Domain | None = None
    computer_name: str
    earlier: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    clean_only: bool = False

    @property
    def owner(self) -> Owner:
        """Owner of the temporary VM."""
        return Owner(kind=OwnerKind.CONNECTION_PROBE, id=self.connection_id)

    @property
    def machine(self) -> Machine:
        """The temporary VM."""
        return Machine(
            tenant_id=self.tenant_id,
            owner=self.owner,
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=self.region,
            computer_name=self.computer_name,
        )


class ScriptOrder(Value):
    """Run the steps on the probe's VM; the domain's password is read from Key Vault inside the activity."""

    machine: Machine
    steps: tuple[str, ...]
    domain: Domain | None = None


class ScriptRead(Value):
    """Findings of the steps."""

    kind: Literal["scriptRead"] = "scriptRead"
    findings: tuple[HealthCheck, ...]


BEGIN_PROBE_SCRIPT = Activity("begin_probe_script", ScriptOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_PROBE_SCRIPT = Poll("read_probe_script", ScriptOrder, ScriptRead, Refused, effect=Effect.READS)
SCRIPT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=15), timedelta(minutes=30))
