"""The probes of the stories."""

from __future__ import annotations

from shared.contracts.connections import BEGIN_PROBE_SCRIPT, READ_PROBE_SCRIPT, ProbeOrder, ScriptRead
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    POLL_DEVICE,
    RECORD_ACCOUNT,
    DeviceFound,
)
from shared.contracts.machines import (
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_DISK,
    DELETE_NIC,
    POLL_AGENT,
    POLL_OPERATION,
    Finished,
    NicReady,
    Place,
)
from shared.contracts.outcomes import Accepted, Done
from shared.domain.networks.connection import Domain, HealthCheck, HealthStatus, JoinType, Network
from tests.stories.tell import Answers

ENTRA = ProbeOrder(
    tenant_id="contoso",
    connection_id="connection-1",
    subscription_id="5ub",
    resource_group="cloud-pcs",
    region="westeurope",
    address_space="10.20.0.0/16",
    network=Network(virtual_network_id="vnet", subnet_ids=("subnet-a",)),
    join_type=JoinType.AZURE_AD_JOIN,
    computer_name="CPC-HTH-AAAAA",
)
HYBRID = ENTRA.but(
    join_type=JoinType.HYBRID_AZURE_AD_JOIN,
    domain=Domain(
        ad_domain_name="corp.contoso.example", ad_domain_username="join", password_secret_url="https://v/secrets/j"
    ),
)
BEGUN = Accepted(resource_id="/vm/1", operation_url="https://arm/operations/1")
REACHED = HealthCheck(display_name="reachEntra", status=HealthStatus.PASSED)
HAS_LEFT = HealthCheck(display_name="leaveDomain", status=HealthStatus.PASSED)
PROBED: Answers = {
    ALLOCATE_CAPACITY: Place(region="westeurope", size="Standard_D2s_v5"),
    CREATE_NIC: NicReady(nic_id="/nic/1", subnet_id="subnet-a"),
    BEGIN_VM: BEGUN,
    POLL_OPERATION: Finished(),
    POLL_AGENT: Done(),
    BEGIN_PROBE_SCRIPT: BEGUN,
    READ_PROBE_SCRIPT: ScriptRead(findings=(REACHED,)),
    BEGIN_ENTRA_JOIN: BEGUN,
    BEGIN_DOMAIN_JOIN: BEGUN,
    BEGIN_CARRIER_REMOVAL: Done(),
    POLL_DEVICE: DeviceFound(device_id="device-1", object_id="object-1"),
    BEGIN_VM_DELETE: BEGUN,
    DELETE_NIC: Done(),
    DELETE_DISK: Done(),
    DELETE_DEVICE: Done(),
    DELETE_MANAGED_DEVICE: Done(),
    RECORD_ACCOUNT: Done(),
}
