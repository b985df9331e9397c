"""What the Graph-shaped routes answer and take, property by property; tests hold the views against it."""

from __future__ import annotations

from shared.domain.cloud_pc import Removal
from shared.domain.connection import HealthStatus, JoinType
from shared.domain.drift import Drift
from shared.domain.image import DeviceImageStatus, ImageType
from shared.domain.lifecycle import Status
from shared.domain.progress import Progress
from shared.domain.tenant import Paused
from triggers.http.json_schema import Node, Shape, entity, many, maybe, one_of, shape, whole, word

STATUS_DETAIL = whole(
    "cloudPcStatusDetail",
    {
        "code": "string",
        "message": "string?",
        "additionalInformation": many(whole("keyValuePair", {"name": "string", "value": "string"})),
    },
)
CLOUD_PC = entity(
    "cloudPC",
    {
        **dict.fromkeys(("id", "displayName", "userPrincipalName", "servicePlanId", "servicePlanName"), "string"),
        **dict.fromkeys(("aadDeviceId", "managedDeviceId", "managedDeviceName", "deviceRegionName"), "string?"),
        **dict.fromkeys(("provisioningPolicyId", "provisioningPolicyName", "onPremisesConnectionName"), "string?"),
        **dict.fromkeys(("imageDisplayName", "osVersion"), "string?"),
        **dict.fromkeys(("gracePeriodEndDateTime", "provisionedDateTime"), "time?"),
        **dict.fromkeys(("createdDateTime", "lastModifiedDateTime"), "time"),
        "userDetail": whole("cloudPcUserDetail", {"userPrincipalName": "string", "displayName": "string"}),
        "groupDetail": "null",
        "provisioningType": one_of("dedicated"),
        "productType": one_of("enterprise"),
        "servicePlanType": one_of("enterprise"),
        "userAccountType": one_of("administrator", "standardUser"),
        "userExperienceType": one_of("cloudPc"),
        "status": one_of(*Status),
        "statusDetail": maybe(STATUS_DETAIL),
        "scopeIds": "strings",
        "@deskwright.progress": Progress,
        "@deskwright.replacement": maybe(Progress),
        "@deskwright.drift": maybe(Drift),
        "@deskwright.grace": maybe(
            whole(
                "gracePeriod",
                {
                    "cause": "string",
                    "startDateTime": "time",
                    "endDateTime": "time",
                    "held": "boolean",
                    "secondsLeft": "integer",
                },
            )
        ),
        "@deskwright.swap": "object?",
        "@deskwright.removal": maybe(Removal),
    },
)
STATUS_COUNTS = whole(
    "cloudPcCountByStatusList",
    {"value": many(whole("cloudPcCountByStatus", {"status": one_of(*Status), "count": "integer"}))},
)
JOIN = shape(
    "cloudPcDomainJoinConfiguration",
    {
        "domainJoinType": one_of(*JoinType),
        "type": one_of(*JoinType),
        "onPremisesConnectionId": "string",
        "regionName": "string?",
        "regionGroup": "string?",
    },
)
ASSIGNMENT = entity(
    "cloudPcProvisioningPolicyAssignment",
    {
        "id": "string",
        "target": shape(
            "cloudPcManagementGroupAssignmentTarget",
            {"@odata.type": "string", "groupId": "string", "servicePlanId": "null"},
        ),
        "@deskwright.assignedAt": "time",
    },
)
POLICY = entity(
    "cloudPcProvisioningPolicy",
    {
        **dict.fromkeys(("id", "displayName", "description", "imageId", "imageDisplayName"), "string"),
        "imageType": one_of(*ImageType),
        "domainJoinConfigurations": many(JOIN),
        "enableSingleSignOn": "boolean",
        "localAdminEnabled": "boolean",
        "cloudPcNamingTemplate": "string?",
        "gracePeriodInHours": "integer",
        "provisioningType": one_of("dedicated"),
        "userExperienceType": one_of("cloudPc"),
        "windowsSetting": whole("cloudPcWindowsSetting", {"locale": "string"}),
        "microsoftManagedDesktop": whole("microsoftManagedDesktop", {"managedType": "string", "profile": "string"}),
        "managedBy": one_of("windows365"),
        "alternateResourceUrl": "null",
        "cloudPcGroupDisplayName": "null",
        "scopeIds": "strings",
        "createdDateTime": "time",
        "lastModifiedDateTime": "time",
        "assignments": many(ASSIGNMENT),
        "@deskwright.paused": maybe(Paused),
        "@deskwright.warnings": many("object"),
    },
)
CONNECTION = entity(
    "cloudPcOnPremisesConnection",
    {
        **dict.fromkeys(("id", "displayName", "subscriptionId"), "string"),
        **dict.fromkeys(("subscriptionName", "resourceGroupId", "virtualNetworkId", "subnetId"), "string?"),
        **dict.fromkeys(("virtualNetworkLocation", "adDomainName", "adDomainUsername"), "string?"),
        **dict.fromkeys(("organizationalUnit", "alternateResourceUrl"), "string?"),
        **dict.fromkeys(("inUse", "inUseByCloudPc", "healthCheckPaused"), "boolean"),
        "connectionType": one_of(*JoinType),
        "type": one_of(*JoinType),
        "subnetPrivateIpDetail": "object?",
        "healthCheckStatus": one_of(*HealthStatus),
        "healthCheckStatusDetail": "object?",
        "managedBy": one_of("windows365"),
        "scopeIds": "strings",
        "@deskwright.siteId": "string",
        "@deskwright.subnetIds": "strings",
        "@deskwright.subnets": many("object"),
        "@deskwright.addresses": "object?",
    },
)
DEVICE_IMAGE = entity(
    "cloudPcDeviceImage",
    {
        **dict.fromkeys(("id", "displayName", "version", "operatingSystem", "osStatus"), "string"),
        **dict.fromkeys(("sourceImageResourceId", "osBuildNumber", "osVersionNumber", "errorCode"), "string?"),
        "sizeInGB": "integer",
        "status": one_of(*DeviceImageStatus),
        "expirationDate": "null",
        "lastModifiedDateTime": "time",
        "scopeIds": "strings",
        "@deskwright.siteId": "string",
        "@deskwright.regions": "strings",
        **dict.fromkeys(("@deskwright.galleryImageId", "@deskwright.galleryVersionId"), "string?"),
        **dict.fromkeys(("@deskwright.errorDetail", "@deskwright.operationId"), "string?"),
    },
)
GALLERY_IMAGE = entity(
    "cloudPcGalleryImage",
    {
        **dict.fromkeys(("id", "displayName", "publisherName", "offerName", "skuName", "status"), "string"),
        **dict.fromkeys(("osVersionNumber", "startDate", "endDate", "expirationDate"), "null"),
        "sizeInGB": "integer",
    },
)
SERVICE_PLAN = entity(
    "cloudPcServicePlan",
    {
        **dict.fromkeys(("id", "displayName", "type", "provisioningType", "supportedSolution"), "string"),
        **dict.fromkeys(("vCpuCount", "ramInGB", "storageInGB", "userProfileInGB"), "integer"),
        "@deskwright.skuPartNumber": "string",
    },
)
SUPPORTED_REGION = entity(
    "cloudPcSupportedRegion",
    {
        **dict.fromkeys(("id", "displayName", "regionStatus", "supportedSolution", "regionGroup"), "string"),
        "regionRestrictionDetail": "null",
    },
)
AUDIT_EVENT = entity(
    "cloudPcAuditEvent",
    {
        **dict.fromkeys(("id", "displayName", "activity", "activityType", "componentName"), "string"),
        **dict.fromkeys(("activityOperationType", "activityResult", "category"), "string"),
        "correlationId": "string?",
        "activityDateTime": "time",
        "actor": whole(
            "cloudPcAuditActor",
            {
                "type": "string",
                "userId": "string",
                "userPrincipalName": "string?",
                "applicationDisplayName": "string?",
                "userPermissions": "strings",
            },
        ),
        "resources": many(
            whole(
                "cloudPcAuditResource",
                {
                    "resourceId": "string",
                    "type": "string",
                    "modifiedProperties": many(
                        whole("cloudPcAuditProperty", dict.fromkeys(("displayName", "oldValue", "newValue"), "string?"))
                    ),
                },
            )
        ),
    },
)


def body(name: str, of: Shape, properties: tuple[str, ...], *, required: tuple[str, ...] = (), **more: Node) -> Shape:
    """Return what a client sends of a resource: some of its properties, as they are shown, and *more*."""
    said = {key: of.properties[key] for key in properties} | {key: word(value) for key, value in more.items()}
    return Shape(name, said, required, annotated=True)


_POLICY = (
    *("displayName", "description", "imageId", "imageType", "domainJoinConfigurations", "localAdminEnabled"),
    *("cloudPcNamingTemplate", "provisioningType", "windowsSetting", "imageDisplayName"),
    *("userExperienceType", "managedBy", "microsoftManagedDesktop", "alternateResourceUrl", "cloudPcGroupDisplayName"),
)
_GRACE = maybe({"type": "integer", "minimum": 1, "maximum": 8760})
_FIXED: dict[str, Node] = {
    "enableSingleSignOn": {"enum": [False]},
    "scopeIds": {"enum": [[], ["0"]]},
    "gracePeriodInHours": _GRACE,
}
_NEEDED = ("displayName", "imageId", "domainJoinConfigurations")
POLICY_BODY = body("provisioningPolicyToCreate", POLICY, _POLICY, required=_NEEDED, **_FIXED)
POLICY_EDIT = body("provisioningPolicyToUpdate", POLICY, _POLICY, **_FIXED)
IMAGE_BODY = shape(
    "deviceImageToCreate",
    dict.fromkeys(("displayName", "version", "sourceImageResourceId", "galleryImageId", "siteId"), "string"),
    required=("displayName", "version"),
    annotated=True,
)
IMAGE_EDIT = body("deviceImageToUpdate", DEVICE_IMAGE, ("displayName",))
CONNECTION_BODY = shape(
    "onPremisesConnectionToCreate",
    {
        "displayName": "string",
        "connectionType": one_of(*JoinType),
        **dict.fromkeys(("siteId", "subscriptionId", "resourceGroupId", "virtualNetworkId", "subnetId"), "string"),
        **dict.fromkeys(("adDomainName", "adDomainUsername", "organizationalUnit"), "string"),
        "adDomainPassword": {"type": "string", "writeOnly": True},
    },
    required=("displayName",),
    annotated=True,
)
CONNECTION_EDIT = Shape("onPremisesConnectionToUpdate", CONNECTION_BODY.properties, annotated=True)
ASSIGN_BODY = shape(
    "provisioningPolicyAssign",
    {
        "assignments": many(
            shape(
                "assignmentToMake",
                {
                    "target": shape(
                        "assignmentTargetToMake",
                        {"@odata.type": "string", "groupId": "string", "servicePlanId": "string?"},
                        required=("groupId",),
                        annotated=True,
                    )
                },
                required=("target",),
                annotated=True,
            )
        )
    },
    required=("assignments",),
    annotated=True,
)
REPROVISION_BODY = shape(
    "reprovision",
    {"userAccountType": {"enum": ["standardUser", "administrator", None]}, "osVersion": {"enum": ["windows11", None]}},
    annotated=True,
)
RENAME_BODY = shape("rename", {"displayName": "string"}, required=("displayName",), annotated=True)
ACCOUNT_BODY = shape(
    "changeUserAccountType",
    {"userAccountType": one_of("standardUser", "administrator")},
    required=("userAccountType",),
    annotated=True,
)
EXPORT_BODY = shape("createSnapshot", {"storageAccountId": "null", "accessTier": "null"}, annotated=True)
RESIZE_BODY = shape("resize", {"targetServicePlanId": "string"}, required=("targetServicePlanId",), annotated=True)
RESIZES_BODY = shape(
    "validateBulkResize",
    {"cloudPcIds": "strings", "targetServicePlanId": "string"},
    required=("cloudPcIds", "targetServicePlanId"),
    annotated=True,
)
RESIZE_VERDICTS = whole(
    "cloudPcResizeValidationResultList",
    {"value": many(whole("cloudPcResizeValidationResult", dict.fromkeys(("cloudPcId", "validationResult"), "string")))},
)
RESTORE_BODY = shape("restore", {"cloudPcSnapshotId": "string"}, required=("cloudPcSnapshotId",), annotated=True)
RESTORE_POINTS = whole(
    "cloudPcSnapshotList",
    {
        "value": many(
            whole(
                "cloudPcSnapshot",
                {
                    "id": "string",
                    "cloudPcId": "string",
                    "createdDateTime": "time",
                    "lastRestoredDateTime": "time?",
                    "expirationDateTime": "time?",
                    "status": one_of("ready"),
                    "snapshotType": one_of("automatic", "manual"),
                    "healthCheckStatus": one_of("unknown"),
                },
            )
        )
    },
)
