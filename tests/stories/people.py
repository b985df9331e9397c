"""The people and places of the stories."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    CLEAN_UP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    CleanedUp,
)
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    BEGIN_REGISTRATION,
    GRANT_SIGN_IN,
    POLL_SESSION_HOST,
    PREPARE_HOST_POOL,
    HostPoolReady,
    RightsGiven,
    SessionHostFound,
)
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENROLLMENT,
    BEGIN_ENTRA_JOIN,
    POLL_DEVICE,
    POLL_ENROLLMENT,
    READ_ENROLLMENT,
    SET_PRIMARY_USER,
    STAMP_ENROLLMENT_PROFILE,
    DeviceFound,
    Enrolled,
)
from shared.contracts.machines import (
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_NIC,
    POLL_AGENT,
    POLL_OPERATION,
    PREPARE_HOSTED_NETWORK,
    Finished,
    NetworkReady,
    NicReady,
    Place,
)
from shared.contracts.outcomes import Accepted, Done
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    READ_CONFIGURATION,
    RECOGNIZE_MACHINE,
    Configured,
    ProvisionOrder,
    Recognized,
)
from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Domain, JoinType, Network
from shared.domain.policies.configuration import DecidedConfiguration
from shared.domain.policies.policy import Snapshot
from tests.stories.tell import START, Answers

PLAN = ServicePlan(
    id="sku-2c8g", sku_part_number="CPC_E_2C_8GB_128GB", display_name="2/8/128", v_cpu_count=2, ram_in_gb=8,
    storage_in_gb=128,
)  # fmt: skip
USER = User(
    id="user-07",
    user_principal_name="user07@contoso.example",
    display_name="User 07",
    on_premises_user_principal_name="u07@corp.contoso.example",
)
SNAPSHOT = Snapshot(
    policy_id="policy-1",
    policy_name="Everyone",
    connection_id="connection-1",
    connection_name="West",
    join_type=JoinType.AZURE_AD_JOIN,
    image=ImageSource(marketplace=MarketplaceImage(publisher="P", offer="O", sku="S")),
    image_display_name="Windows 11",
    configuration=DecidedConfiguration(
        locale="en-GB",
        local_admin_enabled=True,
        naming_template="CPC-%USERNAME:4%-%RAND:5%",
        grace_period_in_hours=168,
    ),
)
ORDER = ProvisionOrder(
    tenant_id="contoso",
    cloud_pc_id="0123456789abcdef0123",
    generation=1,
    user=USER,
    plan=PLAN,
    snapshot=SNAPSHOT,
    subscription_id="5ub",
    resource_group="cloud-pcs",
    tenant_resource_group="deskwright-contoso",
    regions=("westeurope", "northeurope"),
    zones=("1", "2"),
    address_space="10.20.0.0/16",
    network=Network(),
    hybrid_join_wait=timedelta(minutes=90),
    enrollment_wait=timedelta(minutes=60),
    parking_limit=timedelta(hours=24),
)
HYBRID = ORDER.but(
    network=Network(virtual_network_id="vnet", subnet_ids=("subnet-a", "subnet-b")),
    domain=Domain(
        ad_domain_name="corp.contoso.example", ad_domain_username="join", password_secret_url="https://v/secrets/j"
    ),
    snapshot=SNAPSHOT.but(join_type=JoinType.HYBRID_AZURE_AD_JOIN),
)
BEGUN = Accepted(resource_id="/vm/1", operation_url="https://arm/operations/1")
HERE = Place(region="westeurope", zone="1", size="Standard_D2s_v5")

ALL_WELL: Answers = {
    BEGIN_ATTEMPT: Done(),
    BEGIN_STEP: Done(),
    CLEAN_UP: CleanedUp(),
    RECOGNIZE_MACHINE: Recognized(device_object_id="object-1"),
    ALLOCATE_CAPACITY: HERE,
    PREPARE_HOSTED_NETWORK: NetworkReady(subnet_ids=("hosted",)),
    CREATE_NIC: NicReady(nic_id="/nic/1", subnet_id="hosted"),
    BEGIN_VM: BEGUN,
    BEGIN_VM_DELETE: BEGUN,
    DELETE_NIC: Done(),
    POLL_OPERATION: Finished(),
    POLL_AGENT: Done(),
    BEGIN_ENTRA_JOIN: BEGUN,
    BEGIN_DOMAIN_JOIN: BEGUN,
    BEGIN_CARRIER_REMOVAL: Done(),
    POLL_DEVICE: DeviceFound(device_id="device-1", object_id="object-1"),
    BEGIN_ENROLLMENT: BEGUN,
    READ_ENROLLMENT: Done(),
    POLL_ENROLLMENT: Enrolled(managed_device_id="managed-1"),
    STAMP_ENROLLMENT_PROFILE: Done(),
    SET_PRIMARY_USER: Done(),
    BEGIN_CONFIGURATION: BEGUN,
    READ_CONFIGURATION: Configured(),
    PREPARE_HOST_POOL: HostPoolReady(host_pool_id="/pool/1", application_group_id="/group/1"),
    BEGIN_REGISTRATION: BEGUN,
    POLL_SESSION_HOST: SessionHostFound(name="cpc-1.example"),
    ASSIGN_SESSION_HOST: Done(),
    GRANT_SIGN_IN: RightsGiven(since=START),
    RECORD_PROVISIONED: Done(),
    RECORD_FAILED: Done(),
    RECORD_PARKED: Done(),
}
