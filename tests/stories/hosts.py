"""A session host of a Spot Group as its stories know it, and a script by which all goes well."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.desktops import BEGIN_REGISTRATION, DELETE_SESSION_HOST, SIGN_OFF
from shared.contracts.joining import BEGIN_ENTRA_JOIN, DELETE_DEVICE, DELETE_MANAGED_DEVICE, POLL_DEVICE, DeviceFound
from shared.contracts.machines import (
    ALLOCATE_CAPACITY,
    BEGIN_DEALLOCATE,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_DISK,
    DELETE_NIC,
    POLL_AGENT,
    POLL_OPERATION,
    PREPARE_HOSTED_NETWORK,
    Finished,
    Machine,
    NetworkReady,
    NicReady,
    Place,
)
from shared.contracts.outcomes import Accepted, Done, NoCapacity
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.contracts.session_hosts import (
    BEGIN_HIBERNATE,
    BEGIN_HOST_CONFIGURATION,
    BEGIN_HOST_TASK,
    CLOSE_HOST,
    END_HOST_TASK,
    GIVE_HOST,
    OPEN_HOST,
    POLL_EARLIER_TASK,
    POLL_NEW_HOST,
    POLL_SERVING,
    READ_HOST_CONFIGURATION,
    RECORD_HOST_BUILT,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    RECORD_HOST_REMOVED,
    RECORD_HOST_STEP,
    REVOKE_HOST,
    RUN_HOST_TASK,
    GivenHost,
    HostBuild,
    HostConfigured,
    HostJob,
    HostSessions,
    HostTaskOrder,
    NewHostSeen,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.networks.connection import Domain, JoinType, Network
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.groups.group import LicenseType, host_hardware
from shared.domain.spot.hosts.host import HostTask, HostWindows
from tests.stories.tell import Answers, Story, tell

MACHINE = Machine(
    tenant_id="contoso",
    owner=Owner(kind=OwnerKind.SESSION_HOST, id="h"),
    subscription_id="s",
    resource_group="deskwright-contoso-spot-g",
    region="westeurope",
    computer_name="SPOT-AB12CD34",
)
WINDOWS = HostWindows(
    profile_path=r"\\files.contoso.example\profiles", active_minutes=60, disconnected_minutes=60, kerberos=True
)
BUILD = HostBuild(
    plan=host_hardware(LicenseType.POOLED),
    image=ImageSource(marketplace=MarketplaceImage(publisher="p", offer="o", sku="s")),
    regions=("westeurope",),
    network=Network(),
    network_group="desks",
    address_space="10.20.0.0/16",
    windows=WINDOWS,
    attempts=3,
    hybrid_join_wait=timedelta(minutes=90),
    enrollment_wait=timedelta(minutes=60),
    parking_limit=timedelta(hours=24),
)
DOMAIN = Domain(ad_domain_name="corp.example", ad_domain_username="corp\\join", password_secret_url="https://v/x")
MADE = Resources(
    subscription_id="s",
    resource_group="g",
    region="westeurope",
    computer_name="SPOT-OLD",
    vm_id="/vm",
    host_pool_id="/p",
)
BEGUN = Accepted(resource_id="/vm", operation_url="/operation")
FULL = NoCapacity(code="AllocationFailed", message="no capacity", elsewhere=False)


def job(task: HostTask = HostTask.BUILD, **changes: object) -> HostJob:
    found = HostJob(
        tenant_id="contoso",
        session_host_id="h",
        run=4,
        attempt=1,
        spot_group_id="g",
        task=task,
        machine=MACHINE,
        host_pool_id="/p",
        application_group_id="/p-dag",
        join_type=JoinType.AZURE_AD_JOIN,
        connection_id="c",
        made=Resources(),
        build=BUILD if task is HostTask.BUILD else None,
    )
    return found.but(**changes)


def order(task: HostTask = HostTask.BUILD, **changes: object) -> HostTaskOrder:
    return HostTaskOrder(tenant_id="contoso", spot_group_id="g", session_host_id="h", task=task, run=4).but(**changes)


REMOVAL: Answers = {
    POLL_EARLIER_TASK: Done(),
    SIGN_OFF: Done(),
    DELETE_SESSION_HOST: Done(),
    REVOKE_HOST: Done(),
    DELETE_MANAGED_DEVICE: Done(),
    DELETE_DEVICE: Done(),
    BEGIN_VM_DELETE: BEGUN,
    DELETE_NIC: Done(),
    DELETE_DISK: Done(),
    RECORD_HOST_REMOVED: Done(),
}
ALL_WELL: Answers = {
    **REMOVAL,
    BEGIN_HOST_TASK: job(),
    RECORD_HOST_STEP: Done(),
    ALLOCATE_CAPACITY: Place(region="westeurope", zone="1", size="Standard_D8s_v5"),
    PREPARE_HOSTED_NETWORK: NetworkReady(subnet_ids=("/subnet",)),
    CREATE_NIC: NicReady(nic_id="/nic", subnet_id="/subnet"),
    BEGIN_VM: BEGUN,
    POLL_OPERATION: Finished(),
    POLL_AGENT: Done(),
    BEGIN_ENTRA_JOIN: BEGUN,
    POLL_DEVICE: DeviceFound(device_id="d", object_id="o"),
    BEGIN_HOST_CONFIGURATION: BEGUN,
    READ_HOST_CONFIGURATION: HostConfigured(),
    BEGIN_REGISTRATION: BEGUN,
    POLL_NEW_HOST: NewHostSeen(name="SPOT-AB12CD34"),
    GIVE_HOST: GivenHost(user_id="u"),
    RECORD_HOST_BUILT: Done(),
    RECORD_HOST_FAILED: Done(),
    RECORD_HOST_PARKED: Done(),
    CLOSE_HOST: HostSessions(),
    OPEN_HOST: Done(),
    POLL_SERVING: Done(),
    BEGIN_START: BEGUN,
    BEGIN_RESTART: BEGUN,
    BEGIN_DEALLOCATE: BEGUN,
    BEGIN_HIBERNATE: BEGUN,
    END_HOST_TASK: Done(),
}


def told(task: HostTask = HostTask.BUILD, answers: Answers | None = None, **changes: object) -> Story:
    made = {} if task is HostTask.BUILD else {"made": MADE}
    about = job(task, **{**made, **changes})
    return tell(RUN_HOST_TASK, order(task), {**ALL_WELL, BEGIN_HOST_TASK: about, **(answers or {})})


def steps(story: Story) -> list[str]:
    return [each["step"] for each in story.orders[RECORD_HOST_STEP.name]]
