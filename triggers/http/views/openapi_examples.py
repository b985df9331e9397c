"""Examples in the OpenAPI document: a body for every route that takes one, simple answers, and errors.

``docs/api.md`` has most of the bodies too, and a test sends those to their routes.
"""

from __future__ import annotations

from collections.abc import Mapping

from triggers.http.json_schema import Json
from triggers.http.statuses import STATUSES, UNEXPECTED

_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_IMAGE = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
_TRACE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_CONNECTION_FORM: Json = {
    "site": {"siteId": "weu"},
    "credentials": {"joinType": "azureADJoin", "network": "hosted"},
    "name": {"displayName": "West Europe, Entra join"},
}

BODIES: Mapping[str, Json] = {
    "add_user_setting": {"displayName": "Self-service", "selfServiceEnabled": True},
    "assign_user_settings": {"assignments": [{"target": {"groupId": _ID}}]},
    "change_own_account_type": {"userAccountType": "standardUser"},
    "change_user_setting": {"selfServiceEnabled": False},
    "change_my_account_type": {"userAccountType": "standardUser"},
    "rename_my_cloud_pc": {"displayName": "My Cloud PC"},
    "restore_my_cloud_pc": {"cloudPcSnapshotId": _ID},
    "reprovision_my_cloud_pc": {"osVersion": "windows11"},
    "rename_own_cloud_pc": {"displayName": "My Cloud PC"},
    "restore_own_cloud_pc": {"cloudPcSnapshotId": _ID},
    "assign_policy": {"assignments": [{"target": {"groupId": _ID}}]},
    "begin_bulk_action": {"action": "reboot", "cloudPcIds": [_ID], "dryRun": True},
    "change_user_account_type": {"userAccountType": "standardUser"},
    "connect_image_version": {"password": "Chosen-by-you-7", "address": "20.50.2.10", "minutes": 60},
    "create_connection": {"displayName": "Entra join", "connectionType": "azureADJoin", "siteId": "weu"},
    "create_device_image": {"displayName": "Desktop", "version": "1.0.0", "galleryImageId": _IMAGE, "siteId": "weu"},
    "create_policy": {
        "displayName": "Lab",
        "imageType": "gallery",
        "imageId": _IMAGE,
        "domainJoinConfigurations": [{"onPremisesConnectionId": _ID}],
    },
    "create_tenant": {
        "id": "contoso",
        "displayName": "Contoso",
        "entraTenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
        "subscriptionId": "11111111-2222-3333-4444-555555555555",
    },
    "review_tenant_wizard": {"name": {"id": "contoso", "displayName": "Contoso"}, "throughStep": "name"},
    "save_tenant_wizard": {
        "name": {"id": "contoso", "displayName": "Contoso"},
        "directory": {
            "entraTenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
            "subscriptionId": "11111111-2222-3333-4444-555555555555",
        },
    },
    "extend_grace": {"hours": 48},
    "foresee_change": {"assign": {"policyId": _ID, "groupIds": []}},
    "hold_grace": {"held": True},
    "log_off_sessions": {"sessionIds": [_ID]},
    "message_sessions": {"title": "Maintenance", "body": "Please save your work."},
    "pause_policy": {"reason": "new image"},
    "pause_service": {"reason": "maintenance"},
    "pause_tenant": {"reason": "maintenance"},
    "put_site": {"displayName": "West Europe", "region": "westeurope", "resourceGroup": "deskwright-contoso-weu"},
    "receive_notifications": {
        "value": [
            {
                "subscriptionId": _ID,
                "clientState": "as it was agreed",
                "changeType": "updated",
                "resource": f"groups/{_ID}",
                "tenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
            }
        ]
    },
    "rename_cloud_pc": {"displayName": "Ada's Cloud PC"},
    "reprovision_cloud_pc": {"userAccountType": "standardUser"},
    "reprovision_with_options": {"buildFirst": True, "userAccountType": "administrator"},
    "rerun_step": {"step": "hidePowerIcons"},
    "resize_cloud_pc": {"targetServicePlanId": _ID},
    "restore_cloud_pc": {"cloudPcSnapshotId": _ID},
    "review_wizard": {**_CONNECTION_FORM, "throughStep": "name"},
    "save_wizard": _CONNECTION_FORM,
    "seal_customized_version": {"confirm": "0.0.1"},
    "update_ad_domain_password": {"adDomainPassword": "of the join account"},
    "update_connection": {"displayName": "Head office"},
    "update_device_image": {"displayName": "Office desktop"},
    "update_image_set": {"description": "For all schools", "notes": "Fonts are in the recipe now"},
    "update_image_version": {"notes": "Tested by the teachers"},
    "update_policy": {"description": "Everybody"},
    "update_tenant": {"displayName": "Contoso Ltd", "settings": {"gracePeriodInHours": 72}},
    "validate_bulk_resize": {"cloudPcIds": [_ID], "targetServicePlanId": _ID},
}
"""By the name of the operation; a body that may be left out is by default empty."""

ANSWERS: Mapping[tuple[str, int], Json] = {
    ("health", 200): {"status": "healthy"},
    ("health", 503): {"status": "unhealthy"},
    ("get_configuration", 200): {
        "authority": "https://login.microsoftonline.com/organizations",
        "clientId": "44444444-4444-4444-4444-444444444444",
        "scope": "api://deskwright/access_as_user",
        "version": "0.1.0",
    },
    ("get_me", 200): {
        "id": _ID,
        "name": "ada@contoso.example",
        "kind": "itPro",
        "directoryId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
        "roles": ["CloudPC.Reader"],
        "verbs": ["Microsoft.CloudPC/cloudPCs/read", "Microsoft.CloudPC/me/read"],
        "tenants": [{"id": "contoso", "displayName": "Contoso", "roles": ["CloudPC.Reader"]}],
        "tenantsCut": False,
    },
}
"""By the name of the operation, and the status."""

_BY_STATUS = {int(each.status): each for each in (*STATUSES.values(), UNEXPECTED)}


def error_example(status: int, *, graph: bool) -> Json:
    """Return an error of *status* as it may look."""
    kind = _BY_STATUS[status]
    if graph:
        inner = {"request-id": _TRACE, "client-request-id": _TRACE, "date": "2026-03-02T09:00:00"}
        return {"error": {"code": kind.code, "message": kind.title, "innerError": inner}}
    return {"type": kind.type, "title": kind.title, "status": status, "detail": kind.title, "traceId": _TRACE}
