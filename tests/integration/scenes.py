"""A scene for every route that changes something: the records before, and a body that the route takes."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from shared.domain.cloud_pcs.build import Resources, Warn
from shared.domain.cloud_pcs.cloud_pc import Grace, Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import FoundResource, Judgement, OrphanType, orphan_of
from shared.domain.cloud_pcs.user_setting import FrequencyType, RestorePointSetting, UserSetting
from shared.domain.images.image import GalleryImage, MarketplaceImage
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.networks.connection import Domain, JoinType, Network
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operations.operation import Actor
from shared.domain.policies.maintenance_window import CloudPcMaintenanceWindow, MaintenanceSchedule, ScheduleType
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.members import MemberStatus
from shared.domain.spot.groups.target import Method
from shared.domain.spot.hosts.release import ImageOfGroup, ReleaseStatus, SpotRelease
from shared.domain.tenants.directory import SubscribedSku
from shared.domain.tenants.tenant import Paused
from shared.domain.values import Value
from tests.cloud_pcs import edited
from tests.integration import desks, image_things, things
from tests.integration.access_scenes import ACCESS_SCENES
from tests.integration.cost_scenes import COST_SCENES
from tests.integration.deleted_things import COPIES, DELETED, TAKES_OTHERS, TAKES_OWN
from tests.integration.notice_scenes import NOTICE_SCENES
from tests.integration.policy_scenes import POLICY_SCENES
from tests.integration.scene import Scene, Trace
from tests.integration.script_scenes import OTHERWISE, SCRIPT_SCENES

PASSWORD = "a-new-join-password"
VERSION_PASSWORD = f"A1-{PASSWORD}"
OFFERED = GalleryImage(image=MarketplaceImage(publisher="Windows", offer="desktop", sku="win11-ent"), display_name="W")
LARGER = SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB", enabled=10, consumed=0)

NOW, HOUR = things.NOW, timedelta(hours=1)
TOMORROW = (NOW + 24 * HOUR).isoformat()
MADE = Resources(
    computer_name="CPC-ADA-X",
    subscription_id=things.SUBSCRIPTION,
    region="westeurope",
    resource_group="desks",
    vm_id="/vm",
)
WORKS = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=MADE, group_id="g1")
TWO, SCHEDULE = things.policy(id="p2", display_name="Two"), things.power_schedule()
POINT = RestorePoint(id="rp1", created_at=NOW, status="ready")
LEAVING = Grace(cause=RemovalCause.USER_LEFT_GROUP, started_at=NOW, ends_at=NOW + 100 * HOUR)
WAITING = Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=NOW)
FOUND = FoundResource(type=OrphanType.DEVICE, resource_id="d1", name="CPC-OLD-X", cloud_pc_id="gone")
SURE = Judgement(why="nobody knows it", advice="remove it", since=NOW - 10 * HOUR, sure=True)
ORPHAN = orphan_of(things.TENANT_ID, "directory", FOUND, SURE, at=NOW, before=None)
VNET = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp"
DOMAIN = Domain(
    ad_domain_name="corp.example", ad_domain_username="corp\\join", password_secret_url="https://v/secrets/x"
)
HYBRID = things.connection(
    id="c3",
    display_name="Domain",
    join_type=JoinType.HYBRID_AZURE_AD_JOIN,
    network=Network(virtual_network_id=VNET, subnet_ids=(f"{VNET}/subnets/a",)),
    domain=DOMAIN,
)
BULK = BulkAction(
    id="b1",
    tenant_id=things.TENANT_ID,
    action="reboot",
    requested_by=Actor(id="a", name="A"),
    total=1,
    max_concurrency=1,
    stop_at_failure_rate=20,
    created_date_time=NOW,
    last_modified_date_time=NOW,
)
_ADA = WORKS.user.user_principal_name
ITEM = BulkItem(tenant_id=things.TENANT_ID, bulk_id="b1", position=0, cloud_pc_id=WORKS.id, user_principal_name=_ADA)
CONNECTION_FORM = {
    "site": {"siteId": "west"},
    "credentials": {"joinType": "azureADJoin", "network": "hosted"},
    "name": {"displayName": "Second"},
}
PLACE = {"displayName": "East", "region": "eastus", "resourceGroup": "east"}
CUSTOMER = {
    "id": "fabrikam",
    "displayName": "F",
    "entraTenantId": things.DIRECTORY,
    "subscriptionId": things.SUBSCRIPTION,
}
NEW_TENANT = {
    "name": {"id": "fabrikam", "displayName": "F"},
    "directory": {"entraTenantId": things.DIRECTORY, "subscriptionId": things.SUBSCRIPTION},
}


def pc(**changes: Any) -> tuple[tuple[str, Value], ...]:
    return (("cloud_pcs", edited(WORKS, **changes)),)


def one(id: str) -> Mapping[str, str]:  # noqa: A002 - the word of every record
    return {"id": id}


def on_pc(trace: Trace, body: Mapping[str, Any] | None = None, **changes: Any) -> Scene:
    return Scene(trace, body, pc(**changes), one(WORKS.id))


def bulk(status: BulkStatus) -> Scene:
    return Scene(Trace.CHANGED, None, (("bulk_actions", BULK.but(status=status)), ("bulk_items", ITEM)), one("b1"))


def on_version(trace: Trace, body: Mapping[str, Any] | None = None) -> Scene:
    given = (("image_sets", image_things.image_set()), ("image_versions", image_things.version()))
    return Scene(trace, body, given, {"id": "5e700000", "number": "0.0.1"})


def on_group(trace: Trace, body: Mapping[str, Any] | None = None, **changes: Any) -> Scene:
    """A scene of a Spot Group with one host."""
    given = (("spot_groups", desks.spot_group(**changes)), ("session_hosts", desks.session_host(1)))
    return Scene(trace, body, given, {"id": desks.GROUP_ID, "host": "h1"})


def on_host(trace: Trace, **changes: Any) -> Scene:
    """A scene of a session host."""
    given = (("spot_groups", desks.spot_group()), ("session_hosts", desks.session_host(1, **changes)))
    return Scene(trace, None, given, {"id": desks.GROUP_ID, "host": "h1"})


def on_release(status: ReleaseStatus = ReleaseStatus.RUNNING) -> Scene:
    """A scene of a release that is open."""
    release = SpotRelease(
        id="r1",
        tenant_id=things.TENANT_ID,
        spot_group_id=desks.GROUP_ID,
        image=ImageOfGroup(image_set_id="set", image_version="1.0.0"),
        before=ImageOfGroup(image_set_id="set", image_version="0.9.0"),
        method=Method.IMMEDIATE,
        status=status,
        operation_id="op-release",
        requested_by="ada",
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    given = (
        ("spot_groups", desks.spot_group(release_id="r1")),
        ("releases", release),
        ("operations", things.operation(id="op-release", kind="updateSpotGroup", resource_id=desks.GROUP_ID)),
    )
    return Scene(Trace.CHANGED, None, given, {"id": desks.GROUP_ID})


_HELD = desks.member("ada", status=MemberStatus.REMOVAL_HELD, held_because="a group is empty")
_GROUP, _HOST = "…/spotGroups/{id}", "…/spotGroups/{id}/hosts/{host}"
CHANGED, MADE_NEW, GONE, ASKED = Trace.CHANGED, Trace.MADE, Trace.GONE, Trace.ASKED
SCENES: Mapping[str, Scene] = {
    **ACCESS_SCENES,
    **SCRIPT_SCENES,
    **COST_SCENES,
    **POLICY_SCENES,
    "POST pause": Scene(CHANGED, {"reason": "maintenance"}),
    "POST resume": Scene(CHANGED),
    "PATCH health/report": Scene(CHANGED, {"messageAgeWarningInMinutes": 20}),
    "POST health/report/dismiss": Scene(CHANGED, {"section": "queues", "dismissedUntilDateTime": TOMORROW}),
    "POST tenants/{tenant}/health/dismiss": Scene(CHANGED, {"section": "quota", "dismissedUntilDateTime": TOMORROW}),
    "POST tenants": Scene(MADE_NEW, CUSTOMER),
    "POST wizards/create-tenant": Scene(MADE_NEW, NEW_TENANT),
    "PATCH tenants/{tenant}": Scene(CHANGED, {"displayName": "Contoso Ltd"}),
    "DELETE tenants/{tenant}": Scene(
        GONE, given=(("tenants", things.tenant(id="fabrikam")),), at={"tenant": "fabrikam"}
    ),
    "POST tenants/{tenant}/pause": Scene(CHANGED, {"reason": "maintenance"}),
    "POST tenants/{tenant}/resume": Scene(CHANGED),
    "PUT tenants/{tenant}/rateCard": Scene(MADE_NEW, {"currency": "EUR", "discountInPercent": 12}),
    "PUT tenants/{tenant}/sites/{site}": Scene(MADE_NEW, PLACE, at={"site": "east"}),
    "DELETE tenants/{tenant}/deletedCloudPCs/{id}": Scene(CHANGED, None, COPIES, one(DELETED.id)),
    "DELETE tenants/{tenant}/sites/{site}": Scene(GONE, given=(("sites", things.site(id="s2")),), at={"site": "s2"}),
    "POST tenants/{tenant}/wizards/{wizard}": Scene(MADE_NEW, CONNECTION_FORM, at={"wizard": "create-connection"}),
    "POST tenants/{tenant}/bulkActions": Scene(MADE_NEW, {"action": "reboot", "cloudPcIds": [WORKS.id]}, pc()),
    "POST tenants/{tenant}/bulkActions/{id}/pause": bulk(BulkStatus.RUNNING),
    "POST tenants/{tenant}/bulkActions/{id}/resume": bulk(BulkStatus.PAUSED),
    "POST tenants/{tenant}/bulkActions/{id}/cancel": bulk(BulkStatus.PAUSED),
    "POST tenants/{tenant}/cloudPCs/{id}/confirmRemoval": on_pc(CHANGED, removal=WAITING),
    "POST tenants/{tenant}/cloudPCs/{id}/extendGrace": on_pc(
        CHANGED, {"hours": 5}, status=Status.IN_GRACE_PERIOD, grace=LEAVING
    ),
    "POST tenants/{tenant}/cloudPCs/{id}/holdGrace": on_pc(CHANGED, status=Status.IN_GRACE_PERIOD, grace=LEAVING),
    "POST tenants/{tenant}/cloudPCs/{id}/keepAwake": on_pc(CHANGED, {"hours": 2}),
    "POST tenants/{tenant}/cloudPCs/{id}/resizeTemporarily": on_pc(CHANGED, things.FOR_A_WEEK),
    "POST tenants/{tenant}/cloudPCs/{id}/overridePowerSchedule": Scene(
        CHANGED,
        {"powerScheduleId": SCHEDULE.id, "untilDateTime": TOMORROW},
        (*pc(), ("power_schedules", SCHEDULE)),
        one(WORKS.id),
    ),
    "POST tenants/{tenant}/cloudPCs/{id}/moveToPolicy": Scene(
        CHANGED, {"provisioningPolicyId": "p2"}, (*pc(), ("policies", TWO)), one(WORKS.id)
    ),
    "POST tenants/{tenant}/cloudPCs/{id}/undelete": Scene(CHANGED, TAKES_OWN, (*pc(), *COPIES), one(WORKS.id)),
    "POST tenants/{tenant}/cloudPCs/{id}/handOver": Scene(CHANGED, TAKES_OTHERS, (*pc(), *COPIES), one(WORKS.id)),
    "POST tenants/{tenant}/cloudPCs/{id}/reprovision": on_pc(CHANGED, {"buildFirst": True}),
    "POST tenants/{tenant}/cloudPCs/{id}/rerunStep": on_pc(
        CHANGED, {}, status=Status.PROVISIONED_WITH_WARNINGS, warnings=(Warn(step="hidePowerIcons", message="no"),)
    ),
    "POST tenants/{tenant}/cloudPCs/{id}/applySettings": on_pc(CHANGED, snapshot=OTHERWISE),
    "POST tenants/{tenant}/cloudPCs/{id}/retry": on_pc(CHANGED, status=Status.FAILED, clean_up_at=NOW + HOUR),
    "POST tenants/{tenant}/orphans/scan": Scene(ASKED),
    "POST tenants/{tenant}/orphans/{id}/remove": Scene(GONE, None, (("orphans", ORPHAN),), one(ORPHAN.id)),
    "POST …/cloudPCs/{id}/changeUserAccountType": on_pc(CHANGED, {"userAccountType": "administrator"}),
    "POST …/cloudPCs/{id}/createSnapshot": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/endGracePeriod": on_pc(CHANGED, status=Status.IN_GRACE_PERIOD, grace=LEAVING),
    "POST …/cloudPCs/{id}/powerOff": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/powerOn": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/reboot": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/rename": on_pc(CHANGED, {"displayName": "Ada's"}),
    "POST …/cloudPCs/{id}/reprovision": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/resize": on_pc(CHANGED, {"targetServicePlanId": "sku-2"}),
    "POST …/cloudPCs/{id}/restore": on_pc(CHANGED, {"cloudPcSnapshotId": "rp1"}, restore_points=(POINT,)),
    "POST …/cloudPCs/{id}/start": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/stop": on_pc(CHANGED),
    "POST …/cloudPCs/{id}/troubleshoot": on_pc(CHANGED),
    "POST …/deviceImages": Scene(MADE_NEW, {"displayName": "B", "version": "1.0.0", "galleryImageId": OFFERED.id}),
    "DELETE …/deviceImages/{id}": Scene(GONE, None, (("images", things.image(id="i2", status="failed")),), one("i2")),
    "POST …/deviceImages/{id}/retry": Scene(
        CHANGED, None, (("images", things.image(id="i2", status="failed")),), one("i2")
    ),
    "PATCH …/deviceImages/{id}": Scene(CHANGED, {"displayName": "Renamed"}, at=one("i1")),
    "DELETE …/imageSets/{id}": Scene(GONE, None, (("image_sets", image_things.image_set()),), one("5e700000")),
    "PATCH …/imageSets/{id}": Scene(
        CHANGED, {"description": "For schools"}, (("image_sets", image_things.image_set()),), one("5e700000")
    ),
    "DELETE …/imageSets/{id}/versions/{number}": on_version(CHANGED),
    "PATCH …/imageSets/{id}/versions/{number}": on_version(CHANGED, {"notes": "with Office"}),
    "POST …/imageSets/{id}/versions/{number}/connect": on_version(
        CHANGED, {"password": VERSION_PASSWORD, "address": "20.50.2.10"}
    ),
    "POST …/imageSets/{id}/versions/{number}/disconnect": on_version(CHANGED),
    "POST …/imageSets/{id}/versions/{number}/reboot": on_version(CHANGED),
    "POST …/imageSets/{id}/versions/{number}/seal": on_version(CHANGED, {"confirm": "0.0.1"}),
    f"DELETE {_GROUP}": Scene(CHANGED, None, (("spot_groups", desks.spot_group()),), one(desks.GROUP_ID)),
    f"POST {_GROUP}/confirmRemovals": Scene(
        MADE_NEW, None, (("spot_groups", desks.spot_group()), ("spot_members", _HELD)), one(desks.GROUP_ID)
    ),
    f"POST {_GROUP}/pause": on_group(CHANGED, {"reason": "a move"}),
    f"POST {_GROUP}/resume": on_group(CHANGED, paused=Paused(by="ada", at=NOW)),
    f"POST {_GROUP}/release/pause": on_release(),
    f"POST {_GROUP}/release/resume": on_release(ReleaseStatus.PAUSED),
    f"POST {_GROUP}/release/cancel": on_release(),
    f"POST {_GROUP}/sessions/message": on_group(MADE_NEW, {"title": "Soon", "body": "Save your work"}),
    f"POST {_GROUP}/sessions/logOff": on_group(MADE_NEW, {"sessionIds": ["h1-2"]}),
    f"POST {_HOST}/drain": on_host(CHANGED),
    f"POST {_HOST}/undrain": on_host(CHANGED, drained_by_hand=True),
    f"POST {_HOST}/exclude": on_host(CHANGED),
    f"POST {_HOST}/include": on_host(CHANGED, excluded=True),
    f"POST {_HOST}/restart": on_host(CHANGED),
    f"POST {_HOST}/remove": on_host(CHANGED),
    "POST …/onPremisesConnections": Scene(MADE_NEW, {"displayName": "Third", "connectionType": "azureADJoin"}),
    "DELETE …/onPremisesConnections/{id}": Scene(GONE, None, (("connections", HYBRID),), one("c3")),
    "PATCH …/onPremisesConnections/{id}": Scene(
        CHANGED, {"adDomainPassword": PASSWORD}, (("connections", HYBRID),), one("c3")
    ),
    "POST …/onPremisesConnections/{id}/runHealthChecks": Scene(ASKED, at=one("c1")),
    "POST …/onPremisesConnections/{id}/updateAdDomainPassword": Scene(
        ASKED, {"adDomainPassword": PASSWORD}, (("connections", HYBRID),), one("c3")
    ),
    "POST …/provisioningPolicies": Scene(
        MADE_NEW,
        {
            "displayName": "Second",
            "imageType": "custom",
            "imageId": "i1",
            "domainJoinConfigurations": [{"onPremisesConnectionId": "c1"}],
        },
    ),
    "DELETE …/provisioningPolicies/{id}": Scene(
        GONE, None, (("policies", things.policy(id="p2", display_name="Two", assignments=())),), one("p2")
    ),
    "PATCH …/provisioningPolicies/{id}": Scene(CHANGED, {"displayName": "Renamed"}, at=one("p1")),
    "POST …/provisioningPolicies/{id}/assign": Scene(
        CHANGED, {"assignments": [{"target": {"groupId": "g2"}}]}, at=one("p1")
    ),
}
_OWN, _MINE = "me/cloudPCs/{id}", "tenants/{tenant}/{version}/me/cloudPCs/{id}"
EVE_S = edited(WORKS, id="eve-s", user=things.user("eve"), snapshot=things.snapshot(), restore_points=(POINT,))
SETTING = UserSetting(
    id="s1",
    tenant_id=things.TENANT_ID,
    display_name="Everything",
    self_service_enabled=True,
    local_admin_enabled=True,
    reset_enabled=True,
    restore_point_setting=RestorePointSetting(frequency_type=FrequencyType.SIX_HOURS, user_restore_enabled=True),
    assignments=(Assignment(id="a1", group_id="of-eve", assigned_at=NOW),),
    created_date_time=NOW,
    last_modified_date_time=NOW,
)

NIGHTS = MaintenanceSchedule(schedule_type=ScheduleType.WEEKDAY, start_time=time(22), end_time=time(4))
WINDOW = CloudPcMaintenanceWindow(
    id="mw1",
    tenant_id=things.TENANT_ID,
    display_name="Nights",
    schedules=(NIGHTS,),
    assignments=(Assignment(id="a1", group_id="g1", assigned_at=NOW),),
    created_date_time=NOW,
    last_modified_date_time=NOW,
)
_WINDOW = (("maintenance_windows", WINDOW),)


def _own(body: Mapping[str, Any] | None = None) -> Scene:
    """A scene of Eve's own Cloud PC."""
    return Scene(CHANGED, body, (("cloud_pcs", EVE_S), ("user_settings", SETTING)), one(EVE_S.id))


SCENES = {
    **SCENES,
    f"POST {_OWN}/reboot": _own(),
    f"POST {_OWN}/start": _own(),
    f"POST {_OWN}/stop": _own(),
    f"POST {_OWN}/keepAwake": _own({"hours": 2}),
    f"POST {_OWN}/troubleshoot": _own(),
    f"POST {_OWN}/rename": _own({"displayName": "Mine"}),
    f"POST {_OWN}/restore": _own({"cloudPcSnapshotId": "rp1"}),
    f"POST {_OWN}/reprovision": _own(),
    f"POST {_OWN}/changeUserAccountType": _own({"userAccountType": "administrator"}),
    f"POST {_MINE}/reboot": _own(),
    f"POST {_MINE}/start": _own(),
    f"POST {_MINE}/stop": _own(),
    f"POST {_MINE}/keepAwake": _own({"hours": 2}),
    f"POST {_MINE}/troubleshoot": _own(),
    f"POST {_MINE}/rename": _own({"displayName": "Mine"}),
    f"POST {_MINE}/restore": _own({"cloudPcSnapshotId": "rp1"}),
    f"POST {_MINE}/reprovision": _own(),
    f"POST {_MINE}/changeUserAccountType": _own({"userAccountType": "administrator"}),
    "POST …/powerSchedules": Scene(MADE_NEW, {"displayName": "Shifts"}),
    "PATCH …/powerSchedules/{id}": Scene(
        CHANGED, {"signedOffInMinutes": 20}, (("power_schedules", SCHEDULE),), one("ps1")
    ),
    "DELETE …/powerSchedules/{id}": Scene(GONE, None, (("power_schedules", SCHEDULE),), one("ps1")),
    "POST …/userSettings": Scene(MADE_NEW, {"displayName": "Self-service", "selfServiceEnabled": True}),
    "PATCH …/userSettings/{id}": Scene(CHANGED, {"localAdminEnabled": False}, (("user_settings", SETTING),), one("s1")),
    "DELETE …/userSettings/{id}": Scene(GONE, None, (("user_settings", SETTING),), one("s1")),
    "POST …/userSettings/{id}/assign": Scene(
        CHANGED, {"assignments": [{"target": {"groupId": "g2"}}]}, (("user_settings", SETTING),), one("s1")
    ),
}
WINDOW_BULK = BULK.but(scheduled_during_maintenance_window=True)
SCENES = {
    **SCENES,
    "POST tenants/{tenant}/bulkActions/{id}/overrideMaintenanceWindow": Scene(
        CHANGED, None, (("bulk_actions", WINDOW_BULK), ("bulk_items", ITEM)), one("b1")
    ),
    "PATCH tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules/{id}": Scene(
        CHANGED, {"threshold": {"target": 3}}, at=one("cloudPcProvisionScenario")
    ),
    "POST …/maintenanceWindows": Scene(MADE_NEW, {"displayName": "Days", "schedules": [NIGHTS.to_json()]}),
    "PATCH …/maintenanceWindows/{id}": Scene(CHANGED, {"notificationLeadTimeInMinutes": 30}, _WINDOW, one("mw1")),
    "DELETE …/maintenanceWindows/{id}": Scene(GONE, None, _WINDOW, one("mw1")),
    "POST …/maintenanceWindows/{id}/assign": Scene(
        CHANGED, {"assignments": [{"target": {"groupId": "g2"}}]}, _WINDOW, one("mw1")
    ),
    **NOTICE_SCENES,
}
CHANGES_NOTHING = {
    "POST tenants/{tenant}/dryRun",
    "POST wizards/create-tenant/review",
    "POST tenants/{tenant}/wizards/{wizard}/review",
    "POST …/cloudPCs/validateBulkResize",
    "POST …/report/retrieveCloudPcRecommendationReports",
    "POST graph/notifications",
}
"""Requests that only read, and notifications from Graph that are passed on."""
