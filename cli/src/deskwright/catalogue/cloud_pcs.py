"""Commands for Cloud PCs, and for the policies, connections and images that they are built by."""

from deskwright.catalogue.words import ACTIONS, CHANGED, DESTROYS, ID, NAME, Noun, Verb, verbs_of

_PC = (
    "USER=userPrincipalName",
    "PLAN=servicePlanName",
    "STATUS=status",
    "STEP=@deskwright.progress/title",
    "%=@deskwright.progress/percentComplete",
    "COMPUTER=managedDeviceName",
    "POLICY=provisioningPolicyName",
    "ID=id",
)
_POINT = ("CREATED=createdDateTime", "EXPIRES=expirationDateTime", "TYPE=snapshotType", "STATUS=status", *ID)
_PC_SELECT = ",".join(dict.fromkeys(column.rpartition("=")[2].partition("/")[0] for column in _PC))
_CALLED = {
    "reboot": "restart",
    "changeUserAccountType": "account-type",
    "createSnapshot": "create-restore-point",
    "endGracePeriod": "end-grace",
    "reprovisionBuildFirst": "reprovision",
}
"""Actions whose command has another name."""
_ASKS = {
    "reprovisionBuildFirst": "Build {} anew? Its disk is deleted.",
    "moveToPolicy": "Move {} to another policy? Its disk is deleted once the new machine is ready.",
    "undelete": "Build {} from its kept disk? The disk that it has is deleted once the new machine is ready.",
    "handOver": "Build {} from another user's disk? The disk that it has is deleted once the new machine is ready.",
    "resize": "Resize {}? It restarts, and its disk never shrinks.",
    "resizeTemporarily": "Change until when {} has a larger size, or give it one? It restarts for that.",
    "restore": "Restore {}? Changes made since are lost.",
    "endGracePeriod": "End the grace period of {} and remove it?",
    "confirmRemoval": "Let {} begin its grace period, which the removal brake holds?",
}
"""Questions before an action. An action that destroys is never begun without a question."""
PC = Noun(
    "pc",
    "Cloud PCs",
    (
        Verb("list", "list_cloud_pcs", _PC, select=_PC_SELECT),
        Verb("show", "get_cloud_pc", named="pc"),
        Verb("count", "count_cloud_pcs", ("STATUS=status", "COUNT=count"), rows="value"),
        Verb("summary", "get_summary"),
        Verb(
            "timeline",
            "get_timeline",
            ("ATTEMPT=attempt", "STEP=title", "OUTCOME=outcome", "BEGAN=startedAt", "ENDED=endedAt", "NOTE=note"),
            rows="entries",
            named="pc",
        ),
        Verb(
            "usage",
            "list_cloud_pc_usage",
            (
                *("DAY=intervalStartDateTime", "ON=minutesOn", "ACTIVE=minutesActive"),
                *("DISCONNECTED=minutesDisconnected", "CONNECTIONS=connections"),
            ),
            named="pc",
        ),
        Verb(
            "day",
            "list_usage_timeline",
            (
                *("FROM=intervalStartDateTime", "UNTIL=intervalEndDateTime", "STATE=state", "MINUTES=minutes"),
                *("CHANGED BY=changedBy", "WHY=reason"),
            ),
            named="pc",
        ),
        Verb("actions", "get_supported_actions", ACTIONS, rows="value", named="pc"),
        Verb("sign-in", "get_sign_in_details", named="pc"),
        Verb("check-resize", "validate_bulk_resize", rows="value"),
        Verb("restore-points", "retrieve_snapshots", _POINT, rows="value", named="pc"),
        *verbs_of("cloudPCs", named="pc", called=_CALLED, asks=_ASKS),
    ),
)
DELETED_PC = Noun(
    "deleted-pc",
    "Deleted Cloud PCs whose disks are kept for a time",
    (
        Verb(
            "list",
            "list_deleted_cloud_pcs",
            (
                *("USER=userPrincipalName", "PLAN=servicePlanName", "COMPUTER=managedDeviceName", "STATUS=status"),
                *("DELETED=deletedDateTime", "KEPT UNTIL=expirationDateTime", *ID),
            ),
        ),
        Verb("show", "get_deleted_cloud_pc"),
        Verb("delete", "delete_deleted_cloud_pc", asks="Remove the kept disk of {}? Its data is lost."),
    ),
)
POLICY = Noun(
    "policy",
    "Provisioning policies",
    (
        Verb(
            "list",
            "list_policies",
            (*NAME, "IMAGE=imageDisplayName", "LOCALE=windowsSetting/locale", "PAUSED=@deskwright.paused/reason", *ID),
        ),
        Verb("show", "get_policy", named="policy"),
        Verb("create", "save_wizard", wizard="create-provisioning-policy"),
        Verb(
            *("edit", "save_wizard"),
            wizard="edit-provisioning-policy",
            named="policy",
            fills="policy.policyId",
            planned_as="edit",
        ),
        Verb("update", "update_policy", named="policy", planned_as="edit"),
        Verb("delete", "delete_policy", named="policy", asks=f"Delete the policy {{}}? {DESTROYS}"),
        Verb(
            "assign",
            "assign_policy",
            named="policy",
            planned_as="assign",
            asks="Replace the groups of {}? Who is in none of the new ones begins a grace period.",
        ),
        Verb(
            "assignments", "list_assignments", ("GROUP=target/groupId", "SINCE=@deskwright.assignedAt"), named="policy"
        ),
        Verb(
            "users",
            "list_policy_users",
            ("USER=user/userPrincipalName", "STANDING=standing", "BECAUSE=because"),
            named="policy",
        ),
        Verb("set-pools", "set_policy_pools", named="policy", asks="Replace the warm pools of {}? Others are drained."),
        Verb(
            "pools",
            "list_pools",
            (
                *("POLICY=policyName", "PLAN=servicePlanName", "DESIRED=desired", "READY=eligible"),
                *("BUILDING=starting", "GOING=deleting", "HITS=usage/hitRate", "NEXT=nextStep"),
            ),
            about="List the warm pools of all policies: members, hits, and the next step with its reason.",
        ),
        Verb(
            "pool-times",
            "list_pool_times",
            (
                *("POLICY=policyName", "DAYS=windowInDays", "CLAIMED=claimed", "MISSED=missed"),
                *("CLAIMED P50=toClaimed/medianInSeconds", "CLAIMED P95=toClaimed/p95InSeconds"),
                *("ASSIGNED P50=toAssigned/medianInSeconds", "ASSIGNED P95=toAssigned/p95InSeconds"),
                *("USABLE P50=toUsable/medianInSeconds", "USABLE P95=toUsable/p95InSeconds"),
                *("BUILT P50=builtToUsable/medianInSeconds", "BUILT P95=builtToUsable/p95InSeconds"),
            ),
            about="List the seconds from licence to use by policy: claimed, assigned, usable; built without one.",
        ),
        Verb("image-rings", "get_image_rings", named="policy"),
        Verb("resume-image-rings", "resume_image_rings", named="policy", asks="Let the image rings of {} go on?"),
        Verb("pause", "pause_policy", named="policy", planned_as="pause"),
        Verb("resume", "resume_policy", named="policy"),
    ),
)
CONNECTION = Noun(
    "connection",
    "Connections: network, join type, domain",
    (
        Verb(
            "list",
            "list_connections",
            (*NAME, "JOIN=connectionType", "HEALTH=healthCheckStatus", "SITE=@deskwright.siteId", *ID),
        ),
        Verb("show", "get_connection", named="connection"),
        Verb(
            "checks",
            "get_connection",
            ("CHECK=displayName", "STATUS=status", "FOUND=additionalDetail", "DO=recommendedAction"),
            rows="healthCheckStatusDetail/healthChecks",
            named="connection",
            select="healthCheckStatusDetail",
            about="Show each health check of a connection: what was found, and what to do.",
        ),
        Verb("create", "save_wizard", wizard="create-connection"),
        Verb("edit", "save_wizard", wizard="edit-connection", named="connection", fills="connection.connectionId"),
        Verb("update", "update_connection", named="connection"),
        Verb("delete", "delete_connection", named="connection", asks=f"Delete the connection {{}}? {DESTROYS}"),
        Verb("check", "run_health_checks", named="connection"),
        Verb("set-password", "update_ad_domain_password", named="connection"),
    ),
)
IMAGE = Noun(
    "image",
    "Device images, and those of the gallery",
    (
        Verb("list", "list_device_images", (*NAME, "VERSION=version", "STATUS=status", *CHANGED, *ID)),
        Verb("show", "get_device_image", named="image"),
        Verb("create", "save_wizard", wizard="create-device-image"),
        Verb("rename", "update_device_image", named="image"),
        Verb("retry", "retry_device_image", named="image"),
        Verb("delete", "delete_device_image", named="image", asks=f"Delete the image {{}} and its version? {DESTROYS}"),
        Verb("gallery", "list_gallery_images", (*NAME, "STATUS=status", "GB=sizeInGB", *ID)),
        Verb("gallery-show", "get_gallery_image"),
    ),
)
MY = Noun(
    "my",
    "Your own Cloud PCs and desktops",
    (
        Verb(
            "list", "list_own_cloud_pcs", (*NAME, "STATUS=status", "PLAN=servicePlanName", "COMPUTER=computerName", *ID)
        ),
        Verb("show", "get_own_cloud_pc", named="my"),
        Verb("desktops", "list_own_spot_desktops", (*NAME, "STATUS=status", "SIGNS IN=maySignIn", "ADDRESS=address")),
        Verb("sign-in", "get_own_sign_in_details", named="my"),
        Verb("restore-points", "list_own_restore_points", _POINT, rows="value", named="my"),
        *verbs_of(
            "me",
            named="my",
            called=_CALLED | {"reprovision": "reset"},
            asks=_ASKS | {"reprovision": "Reset {}? Everything on it is lost."},
        ),
        Verb("operation", "get_own_operation", named="my"),
        Verb("notices", "get_own_notices"),
        Verb("set-notices", "change_own_notices"),
    ),
)
