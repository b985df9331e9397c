"""A good body for every route that takes one."""

from datetime import timedelta
from typing import Any

from shared.domain.health.report import HealthThresholds
from tests.integration import things
from tests.integration.access_scenes import MANAGEMENT, NEW_GRANT, NEW_ROLE, NEW_SCOPED_GRANT, NEW_SUPPORT
from tests.integration.asking import MINE
from tests.integration.cost_scenes import RECOMMENDATIONS
from tests.integration.desks import GROUP_ID
from tests.integration.notice_scenes import NOTICE_BODIES
from tests.integration.policy_scenes import IMAGE_RINGS, SCRIPTS
from tests.integration.scenes import OFFERED, VNET, WORKS
from tests.integration.script_scenes import SCRIPT_BODIES

Json = dict[str, Any]
DISMISSED = (things.NOW + timedelta(days=1)).isoformat()
MESSAGE = {"sessionIds": ["h1-2"], "title": "Soon", "body": "Save your work"}
RECEIVER = {"contactInformation": "ops@contoso.example", "locale": "en-us"}
ALERT_RULE = {
    "severity": "critical",
    "enabled": True,
    "threshold": {"aggregation": "count", "operator": "greaterOrEqual", "target": 3},
    "notificationChannels": [{"notificationChannelType": "email", "notificationReceivers": [RECEIVER]}],
}
MAINTENANCE_WINDOW = {
    "displayName": "Weekends",
    "description": "x",
    "notificationLeadTimeInMinutes": 30,
    "schedules": [{"scheduleType": "weekend", "startTime": "20:00:00", "endTime": "04:00:00"}],
}
THRESHOLDS = HealthThresholds().to_json()
GROUPS = {"groupIds": ["g1", "g2"]}
SECURITY_DEFAULTS = {
    **dict.fromkeys(("clipboard", "printers", "virtualizationBasedSecurity"), True),
    **dict.fromkeys(("drives", "usbDevices"), False),
}
POLICY_FORM = {
    "connection": {"connectionIds": ["c1"]},
    "image": {"imageType": "gallery", "imageId": OFFERED.id},
    "configuration": {
        "locale": "en-US",
        "namingTemplate": "CPC-%USERNAME:4%-%RAND:5%",
        "localAdminEnabled": False,
        "enableSingleSignOn": True,
        "securityDefaults": SECURITY_DEFAULTS,
        "gracePeriodInHours": 168,
        "powerScheduleId": "ps1",
        "shutDownAction": "none",
        "scripts": SCRIPTS,
        "imageRings": IMAGE_RINGS,
        "provisioningType": "dedicated",
    },
    "groups": GROUPS,
    "detail": {"displayName": "Office", "description": "Everybody"},
}
HYBRID_FORM: dict[str, Json] = {
    "site": {"siteId": "west", "subscriptionId": things.SUBSCRIPTION},
    "credentials": {
        "joinType": "hybridAzureADJoin",
        "network": {"virtualNetworkId": VNET, "subnetIds": [f"{VNET}/subnets/a"]},
        "domain": {
            "adDomainName": "corp.example",
            "organizationalUnit": "OU=a,DC=corp,DC=example",
            "adDomainUsername": "corp\\join",
            "adDomainPassword": "p",
        },
    },
    "name": {"displayName": "Domain 2"},
}
IMAGE_FORM = {
    "name": {"displayName": "Desktop"},
    "site": {"siteId": "west"},
    "version": {"version": "1.0.0"},
    "source": {"galleryImageId": OFFERED.id},
}
SETTINGS = {
    **things.tenant().settings.to_json(),
    "seats": {"CPC_E_2C_8GB_128GB": 3},
    "restorePointFrequencyInHours": 12,
}
TENANT = {
    "id": "fabrikam",
    "displayName": "Fabrikam",
    "entraTenantId": things.DIRECTORY,
    "subscriptionId": things.SUBSCRIPTION,
    "furtherSubscriptionIds": ["22222222-2222-4222-8222-222222222222"],
    "settings": SETTINGS,
}
CONNECTION = {
    "displayName": "Third",
    "connectionType": "hybridAzureADJoin",
    "siteId": "west",
    "subscriptionId": things.SUBSCRIPTION,
    "virtualNetworkId": VNET,
    "subnetIds": [f"{VNET}/subnets/a"],
    **HYBRID_FORM["credentials"]["domain"],
}
POLICY = {
    "displayName": "Second",
    "description": "x",
    "imageType": "gallery",
    "imageId": OFFERED.id,
    "imageDisplayName": "Windows 11",
    "localAdminEnabled": False,
    "cloudPcNamingTemplate": "CPC-%USERNAME:4%-%RAND:5%",
    "gracePeriodInHours": 168,
    "windowsSetting": {"locale": "en-US"},
    "enableSingleSignOn": True,
    "@deskwright.securityDefaults": SECURITY_DEFAULTS,
    "@deskwright.powerScheduleId": "ps1",
    "@deskwright.shutDownAction": "none",
    "@deskwright.scripts": SCRIPTS,
    "@deskwright.imageRings": IMAGE_RINGS,
    "provisioningType": "dedicated",
    "managedBy": "windows365",
    "userExperienceType": "cloudPc",
    "scopeIds": ["0"],
    "microsoftManagedDesktop": {"managedType": "notManaged"},
    "autopatch": None,
    "id": None,
    "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "onPremisesConnectionId": "c1"}],
}
DRY_RUNS: dict[str, Json] = {
    "an assignment": {"assign": {"policyId": "p1", "groupIds": ["g1", "g2"]}},
    "an edit": {"edit": {"policy": {"policyId": "p1"}, "configuration": {"locale": "de-DE"}}},
    "settings": {"settings": {"disabledAccountStartsGrace": True, "gracePeriodInHours": 24}},
    "a pause": {"pause": {"policyId": "p1"}},
}
OF_FABRIKAM = {"entraTenantId": things.DIRECTORY, "subscriptionId": things.SUBSCRIPTION}
TENANT_FORM = {"name": {"id": "fabrikam", "displayName": "Fabrikam"}, "directory": OF_FABRIKAM}
SELECTION = {
    "status": ["provisioned"],
    "provisioningPolicyIds": ["p1"],
    "servicePlanIds": ["sku-1"],
    "userPrincipalNames": ["ada@contoso.example"],
    "graceCauses": ["userLeftGroup"],
    "removalWaits": False,
    "regions": ["westeurope"],
    "onPremisesConnectionIds": ["c1"],
    "errorCodes": ["AllocationFailed"],
    "drifted": True,
    "where": "status eq 'failed'",
    "search": "ada",
}
BULK = {"parameters": {}, "dryRun": True, "maxConcurrency": 25, "stopAtFailureRate": 20, "canary": True}
POWER_SCHEDULE = {
    "displayName": "Office hours",
    "timeZone": "Europe/Berlin",
    "phases": [
        {"begins": "07:00:00", "days": [1, 2, 3, 4, 5], "working": True},
        {"begins": "19:00:00", "days": [1, 2, 3, 4, 5], "working": False},
    ],
    "exceptions": [{"on": "2026-12-25", "phases": [{"begins": "00:00:00", "days": [1], "working": False}]}],
    "prestartInMinutes": 15,
    "stopAction": "deallocate",
    "disconnectedInMinutes": 60,
    "signedOffInMinutes": 30,
    "warningInMinutes": 15,
    "stopsInWorkingHours": False,
}
BULK |= {"scheduledDuringMaintenanceWindow": True}
USER_SETTING = {
    "displayName": "Self-service",
    "selfServiceEnabled": True,
    "localAdminEnabled": True,
    "resetEnabled": True,
    "restorePointSetting": {"frequencyType": "sixHours", "userRestoreEnabled": True},
}
ASSIGNED = {"assignments": [{"target": {"groupId": "g1"}}, {"target": {"groupId": "g2"}}]}

SET = {"id": "5e700000"}
VERSION = {**SET, "number": "0.0.1"}
BULKS = "POST tenants/{tenant}/bulkActions"
SAVE, REVIEW = "POST tenants/{tenant}/wizards/{wizard}", "POST tenants/{tenant}/wizards/{wizard}/review"
FORMS: dict[str, Json] = {
    "create-connection": HYBRID_FORM,
    "create-device-image": IMAGE_FORM,
    "create-provisioning-policy": POLICY_FORM,
}
BODIES: dict[str, tuple[str, Json, Json]] = {
    "tenant": ("POST tenants", TENANT, {}),
    "change of a tenant": ("PATCH tenants/{tenant}", {k: TENANT[k] for k in ("displayName", "settings")}, {}),
    "budget": (
        "PUT tenants/{tenant}/budgets/{id}",
        {"displayName": "Office", "scope": "policy", "subjectId": "p1", "amount": 100.5, "brakes": True},
        {"id": "all"},
    ),
    "reclaim rule": (
        "PUT tenants/{tenant}/reclaimRules/{id}",
        {"description": "Office", "mode": "simulate", "idleDays": 60, "graceDays": 20, "leaveGroupId": None},
        {"id": "p1"},
    ),
    "rate card": (
        "PUT tenants/{tenant}/rateCard",
        {
            "description": "Agreement 7",
            "currency": "EUR",
            "discountInPercent": 12.5,
            "hourlyPrices": {"Standard_D2s_v5": 0.09},
        },
        {},
    ),
    "site": (
        "PUT tenants/{tenant}/sites/{site}",
        {
            "displayName": "East",
            "region": "eastus",
            "fallbackRegions": ["westus3", "eastus2"],
            "zones": ["1", "2"],
            "resourceGroup": "east",
            "addressSpace": "10.30.0.0/16",
        },
        {"site": "east"},
    ),
    **{
        f"{way} {name}": (route, form, {"wizard": name})
        for name, form in FORMS.items()
        for way, route in (("save", SAVE), ("review", REVIEW))
    },
    "save of a tenant": ("POST wizards/create-tenant", TENANT_FORM, {}),
    "review of a tenant": ("POST wizards/create-tenant/review", TENANT_FORM, {}),
    **{f"dry run of {name}": ("POST tenants/{tenant}/dryRun", change, {}) for name, change in DRY_RUNS.items()},
    "bulk action of ids": (
        BULKS,
        {"action": "reboot", "cloudPcIds": [WORKS.id], **BULK},
        {},
    ),
    "bulk action of a filter": (
        BULKS,
        {"action": "reboot", "filter": SELECTION, "excludeCloudPcIds": ["x"], **BULK},
        {},
    ),
    "bulk action with parameters": (
        BULKS,
        {"action": "extendGrace", "filter": SELECTION, **BULK, "parameters": {"hours": 5}},
        {},
    ),
    "bulk restore": (
        BULKS,
        {
            "action": "restore",
            "filter": SELECTION,
            **BULK,
            "parameters": {"restorePointDateTime": "2026-11-20T08:00:00Z", "timeRange": "before"},
        },
        {},
    ),
    "extension of a grace period": ("POST tenants/{tenant}/cloudPCs/{id}/extendGrace", {"hours": 5}, {}),
    "hold of a grace period": ("POST tenants/{tenant}/cloudPCs/{id}/holdGrace", {"held": True}, {}),
    "reprovision with options": (
        "POST tenants/{tenant}/cloudPCs/{id}/reprovision",
        {"buildFirst": True, "unlessInUse": True, "userAccountType": "administrator"},
        {},
    ),
    "step": ("POST tenants/{tenant}/cloudPCs/{id}/rerunStep", {"step": "setLocale"}, {}),
    "dismissal of a section": (
        "POST health/report/dismiss",
        {"section": "queues", "dismissedUntilDateTime": DISMISSED, "reason": "a move"},
        {},
    ),
    "dismissal of a tenant's section": (
        "POST tenants/{tenant}/health/dismiss",
        {"section": "quota", "dismissedUntilDateTime": DISMISSED, "reason": "a move"},
        {},
    ),
    "thresholds": ("PATCH health/report", THRESHOLDS, {}),
    "pause of the service": ("POST pause", {"reason": "x"}, {}),
    "pause of a tenant": ("POST tenants/{tenant}/pause", {"reason": "x"}, {}),
    "pools of a policy": (
        "POST tenants/{tenant}/provisioningPolicies/{id}/setPools",
        {"pools": [{"servicePlanId": "sku-1", "desired": 0, "useOutdated": True}]},
        {"id": "p1"},
    ),
    "pause of a policy": ("POST tenants/{tenant}/provisioningPolicies/{id}/pause", {"reason": "x"}, {"id": "p1"}),
    "connection": ("POST …/onPremisesConnections", CONNECTION, {}),
    "change of a connection": (
        "PATCH …/onPremisesConnections/{id}",
        {k: v for k, v in CONNECTION.items() if k != "connectionType"},
        {"id": "c3"},
    ),
    "join password": (
        "POST …/onPremisesConnections/{id}/updateAdDomainPassword",
        {"adDomainPassword": "p"},
        {"id": "c3"},
    ),
    "policy": ("POST …/provisioningPolicies", POLICY, {}),
    "change of a policy": ("PATCH …/provisioningPolicies/{id}", POLICY, {"id": "p1"}),
    "assignments": ("POST …/provisioningPolicies/{id}/assign", ASSIGNED, {"id": "p1"}),
    "power schedule": ("POST …/powerSchedules", POWER_SCHEDULE, {}),
    "change of a power schedule": ("PATCH …/powerSchedules/{id}", POWER_SCHEDULE, {"id": "ps1"}),
    "user settings": ("POST …/userSettings", USER_SETTING, {}),
    **NOTICE_BODIES,
    "change of user settings": ("PATCH …/userSettings/{id}", USER_SETTING, {"id": "s1"}),
    "assignments of user settings": ("POST …/userSettings/{id}/assign", ASSIGNED, {"id": "s1"}),
    "alert rule": (
        "PATCH tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules/{id}",
        ALERT_RULE,
        {"id": "cloudPcProvisionScenario"},
    ),
    **SCRIPT_BODIES,
    "maintenance window": ("POST …/maintenanceWindows", MAINTENANCE_WINDOW, {}),
    "change of a maintenance window": ("PATCH …/maintenanceWindows/{id}", MAINTENANCE_WINDOW, {"id": "mw1"}),
    "assignments of a maintenance window": ("POST …/maintenanceWindows/{id}/assign", ASSIGNED, {"id": "mw1"}),
    "role": (f"POST {MANAGEMENT}/roleDefinitions", {"description": "x", **NEW_ROLE}, {}),
    "change of a role": (f"PATCH {MANAGEMENT}/roleDefinitions/{{id}}", {"description": "x", **NEW_ROLE}, {"id": "r1"}),
    "assignment of a role": (f"POST {MANAGEMENT}/roleAssignments", {"description": "x", **NEW_GRANT}, {}),
    "assignment of a role for a policy": (f"POST {MANAGEMENT}/roleAssignments", NEW_SCOPED_GRANT, {}),
    "report of recommendations": ("POST …/report/retrieveCloudPcRecommendationReports", RECOMMENDATIONS, {}),
    "support access": ("POST tenants/{tenant}/supportAccess", NEW_SUPPORT, {"tenant": "northwind"}),
    "own name": ("POST me/cloudPCs/{id}/rename", {"displayName": "Mine"}, {}),
    "own restore": ("POST me/cloudPCs/{id}/restore", {"cloudPcSnapshotId": "rp1"}, {}),
    "own account type": ("POST me/cloudPCs/{id}/changeUserAccountType", {"userAccountType": "administrator"}, {}),
    "device image": (
        "POST …/deviceImages",
        {"displayName": "B", "version": "1.0.0", "galleryImageId": OFFERED.id, "siteId": "west"},
        {},
    ),
    "change of a device image": ("PATCH …/deviceImages/{id}", {"displayName": "Renamed"}, {"id": "i1"}),
    "account type": ("POST …/cloudPCs/{id}/changeUserAccountType", {"userAccountType": "administrator"}, {}),
    "restore point": ("POST …/cloudPCs/{id}/createSnapshot", {"storageAccountId": None, "accessTier": None}, {}),
    "power off": ("POST …/cloudPCs/{id}/powerOff", {"force": True}, {}),
    "stop": ("POST …/cloudPCs/{id}/stop", {"force": True}, {}),
    "move to policy": ("POST tenants/{tenant}/cloudPCs/{id}/moveToPolicy", {"provisioningPolicyId": "p2"}, {}),
    "undelete": ("POST tenants/{tenant}/cloudPCs/{id}/undelete", {"deletedCloudPcId": "d1"}, {}),
    "hand over": ("POST tenants/{tenant}/cloudPCs/{id}/handOver", {"deletedCloudPcId": "d2"}, {}),
    "keep awake": ("POST tenants/{tenant}/cloudPCs/{id}/keepAwake", {"hours": 2}, {}),
    "override of power": (
        "POST tenants/{tenant}/cloudPCs/{id}/overridePowerSchedule",
        {"signedOffInMinutes": 20, "stopAction": "none", "untilDateTime": "2030-12-24T18:00:00Z"},
        {},
    ),
    "own keep awake": ("POST me/cloudPCs/{id}/keepAwake", {"hours": 2}, {}),
    "own keep awake of a tenant": ("POST tenants/{tenant}/{version}/me/cloudPCs/{id}/keepAwake", {"hours": 2}, {}),
    "own stop": ("POST tenants/{tenant}/{version}/me/cloudPCs/{id}/stop", {"force": True}, {}),
    "name of a Cloud PC": ("POST …/cloudPCs/{id}/rename", {"displayName": "Ada's"}, {}),
    "reprovision": (
        "POST …/cloudPCs/{id}/reprovision",
        {"userAccountType": "administrator", "osVersion": "windows11"},
        {},
    ),
    "resize": ("POST …/cloudPCs/{id}/resize", {"targetServicePlanId": "sku-2"}, {}),
    "resize for a time": ("POST tenants/{tenant}/cloudPCs/{id}/resizeTemporarily", things.FOR_A_WEEK, {}),
    "many resizes": ("POST …/cloudPCs/validateBulkResize", {"cloudPcIds": ["x"], "targetServicePlanId": "sku-2"}, {}),
    "restore": ("POST …/cloudPCs/{id}/restore", {"cloudPcSnapshotId": "rp1"}, {}),
    "change of an image set": ("PATCH …/imageSets/{id}", {"description": "x", "notes": "y"}, SET),
    "change of an image version": (
        "PATCH …/imageSets/{id}/versions/{number}",
        {"notes": "y"},
        {**SET, "number": "0.0.0"},
    ),
    "way in": (
        "POST …/imageSets/{id}/versions/{number}/connect",
        {"password": "Chosen-by-you-7", "address": "20.50.2.10", "minutes": 60},
        VERSION,
    ),
    "seal": ("POST …/imageSets/{id}/versions/{number}/seal", {"confirm": "0.0.1"}, VERSION),
    "pause of a Spot Group": ("POST …/spotGroups/{id}/pause", {"reason": "x"}, {"id": GROUP_ID}),
    "message": ("POST …/spotGroups/{id}/sessions/message", MESSAGE, {"id": GROUP_ID}),
    "log off": ("POST …/spotGroups/{id}/sessions/logOff", {"sessionIds": ["h1-2"]}, {"id": GROUP_ID}),
}
"""A body with every field that there may be, for each route that takes one."""

for _own in ("name", "restore", "account type"):
    BODIES[f"my {_own}"] = (MINE + BODIES[f"own {_own}"][0].split("/")[-1], *BODIES[f"own {_own}"][1:])
BODIES["my reset"] = (f"{MINE}reprovision", {"osVersion": "windows11"}, {})
