"""Commands for tenants, the service, and its operations."""

from deskwright.catalogue.words import CHANGED, DESTROYS, FORESEEN, ID, NAME, Noun, Verb, resource_noun

_OPERATION = ("KIND=kind", "STATUS=status", "%=percentComplete", "BY=requestedBy", "BEGAN=createdDateTime", *ID)
_AUDIT = (
    "AT=activityDateTime",
    "BY=actor/userPrincipalName|actor/applicationDisplayName",
    "ACTIVITY=displayName",
    "RESULT=activityResult",
    "KIND=resources/0/type",
    "RESOURCE=resources/0/displayName|resources/0/resourceId",
    *ID,
)
BULK = Noun(
    "bulk",
    "One action on many Cloud PCs",
    (
        Verb(
            "list",
            "list_bulk_actions",
            ("ACTION=action", "STATUS=status", "%=percentComplete", "TOTAL=total", "BY=requestedBy", *ID),
        ),
        Verb("show", "get_bulk_action"),
        Verb(
            "items",
            "list_bulk_items",
            ("USER=userPrincipalName", "STATUS=status", "MESSAGE=message", "CLOUD PC=cloudPcId"),
        ),
        Verb("create", "begin_bulk_action", asks="Begin this on all that are chosen?", own_dry_run=True),
        Verb("pause", "pause_bulk_action"),
        Verb("resume", "resume_bulk_action"),
        Verb(
            "override-window",
            "override_window_of_bulk_action",
            asks="Begin {} outside of the maintenance windows?",
        ),
        Verb("cancel", "cancel_bulk_action", asks="Cancel {}? What has begun is completed."),
    ),
)
OPERATION = Noun(
    "operation",
    "What takes a while",
    (Verb("list", "list_operations", _OPERATION), Verb("show", "get_operation")),
)
ORPHAN = Noun(
    "orphan",
    "Resources that belong to nobody",
    (
        Verb("list", "list_orphans", ("TYPE=type", "NAME=name", "SINCE=since", "REMOVABLE=removable", "WHY=why", *ID)),
        Verb("scan", "scan_for_orphans"),
        Verb("remove", "remove_orphan_by_hand", asks=f"Remove {{}} in Azure? {DESTROYS}"),
    ),
)
REMOVAL = Noun(
    "removal",
    "Removals that wait for somebody",
    (
        Verb(
            "list",
            "list_removals",
            ("USER=userPrincipalName", "CAUSE=cause", "SINCE=seenAt", "WHY=why", "CLOUD PC=cloudPcId"),
        ),
    ),
)
USER = Noun(
    "user",
    "Users of the directory, and why somebody has a Cloud PC, or none",
    (
        Verb("find", "find_users", ("USER=userPrincipalName", *NAME, "ENABLED=accountEnabled", *ID), rows="value"),
        Verb(
            "explain",
            "explain_user",
            ("PLAN=servicePlanName", "STATUS=status", "POLICY=policyName", "BECAUSE=because", "MISSING=missing"),
            rows="cloudPcs",
        ),
    ),
)
GROUP = Noun(
    "group",
    "Groups of the directory",
    (Verb("find", "find_groups", (*NAME, "KIND=kind", "ASSIGNABLE=assignable", *ID), rows="value"),),
)
USER_SETTING = resource_noun(
    "user-setting",
    "What users may do themselves",
    (*NAME, "SELF-SERVICE=selfServiceEnabled", "ADMIN=localAdminEnabled", "RESET=resetEnabled", *CHANGED, *ID),
    Verb("assign", "assign_user_settings", named="user-setting", asks="Replace the groups of {}?"),
)
POWER_SCHEDULE = resource_noun(
    "power-schedule",
    "The hours in which Cloud PCs are on; policies refer to them",
    (*NAME, "ZONE=timeZone", "STOP=stopAction", "EARLY=prestartInMinutes", *CHANGED, *ID),
)
SCRIPT = resource_noun(
    "script",
    "Scripts and apps that policies run on new Cloud PCs",
    (*NAME, "PACKAGE=packageId", "VERSION=version", "DIGEST=digest", *CHANGED, *ID),
)
MAINTENANCE_WINDOW = resource_noun(
    "maintenance-window",
    "Hours in which work that disturbs people may begin",
    (*NAME, "NOTICE=notificationLeadTimeInMinutes", "GROUPS=assignments", *CHANGED, *ID),
    Verb("assign", "assign_maintenance_windows", named="maintenance-window", asks="Replace the groups of {}?"),
)
ROLE = resource_noun("role", "Roles of a tenant", (*NAME, "BUILT IN=isBuiltIn", "ABOUT=description", *ID))
ROLE_ASSIGNMENT = Noun(
    "role-assignment",
    "Who has a role of a tenant",
    (
        Verb("list", "list_access_grants", (*NAME, "ROLE=roleDefinitionId", "TO=principalIds", *ID)),
        Verb("show", "get_access_grant", named="role-assignment"),
        Verb("create", "create_access_grant"),
        Verb("delete", "delete_access_grant", named="role-assignment", asks="Take back the role of the assignment {}?"),
    ),
)
SUPPORT_ACCESS = Noun(
    "support-access",
    "People of the provider in the tenant, until an end and with consent",
    (
        Verb(
            "list",
            "list_support_access",
            (
                *("STATUS=status", "ROLE=roleDefinitionId", "REASON=reason", "WHO=principalIds"),
                *("UNTIL=endDateTime", "BY=requestedBy", *ID),
            ),
        ),
        Verb("show", "get_support_access"),
        Verb("create", "create_support_access"),
        Verb("approve", "approve_support_access", asks="Consent to the support access {}?"),
        Verb("end", "delete_support_access", asks="End the support access {} at once?"),
    ),
)
ALERT = Noun(
    "alert",
    "Alerts of a tenant, and the rules that raise them",
    (
        Verb(
            "list",
            "list_alert_records",
            (
                *("ALERT=displayName", "SEVERITY=severity", "STATUS=status", "COUNT=alertImpact/value"),
                *("SINCE=detectedDateTime", "RESOLVED=resolvedDateTime", *ID),
            ),
        ),
        Verb("show", "get_alert_record"),
        Verb(
            "rules",
            "list_alert_rules",
            ("RULE=displayName", "SEVERITY=severity", "ENABLED=enabled", "FROM=threshold/target", *ID),
        ),
        Verb("rule", "get_alert_rule"),
        Verb("set-rule", "change_alert_rule"),
    ),
)

NOTICE_ENDPOINT = resource_noun(
    "notice-endpoint",
    "Where notices go: webhooks and Teams",
    (*NAME, "KIND=kind", "ADDRESS=address", "STATUS=status", "FAILURE=lastFailure", *ID),
    Verb("rotate-key", "rotate_notice_key", named="notice-endpoint", asks="Give {} another secret?"),
    Verb("test", "test_notice_endpoint", named="notice-endpoint"),
    Verb("replay", "replay_notices", named="notice-endpoint"),
    Verb(
        "deliveries",
        "list_deliveries",
        (
            "AT=event/time",
            "TYPE=event/type",
            "SUBJECT=event/subject",
            "STATUS=status",
            "TRIES=tries",
            "ID=event/id",
        ),
        named="notice-endpoint",
    ),
    Verb("events", "list_event_types", ("TYPE=type", "TITLE=title", "MANDATORY=mandatory")),
)
TENANT = Noun(
    "tenant",
    "Tenants: customers, or your organisation",
    (
        Verb("list", "list_tenants", (*ID, *NAME, "DIRECTORY=entraTenantId", "PAUSED=paused/reason")),
        Verb("show", "get_tenant", on_tenant=True),
        Verb(
            "overview",
            "list_overviews",
            (
                *(*ID, *NAME, "PROVISIONED=provisioned", "BUILDING=building", "FAILED=failed", "WAITING=waiting"),
                "SESSIONS=spot/activeSessions",
            ),
        ),
        Verb(
            "usage",
            "list_tenant_usage",
            (
                *("FROM=intervalStartDateTime", "READY=provisioned", "FAILED=failed", "BUILT=buildsSucceeded"),
                *("NOT BUILT=buildsFailed", "SESSIONS=spotSessions", "SEATS=spotSeats"),
            ),
            on_tenant=True,
        ),
        Verb(
            "use",
            "list_cloud_pc_use",
            (
                *("USER=userPrincipalName", "PLAN=servicePlanName", "HOURS=totalUsageInHour", "ON=minutesOn"),
                *("CONNECTIONS=connections", "DAYS AWAY=daysSinceLastSignIn", "LAST=lastActiveTime"),
            ),
            on_tenant=True,
        ),
        Verb(
            "size-advice",
            "list_size_advice",
            (
                *(
                    "USER=userPrincipalName",
                    "PLAN=servicePlanName",
                    "ADVICE=usageInsight",
                    "BETTER=recommendedPlanName",
                ),
                *("CPU=cpuPercent", "MEMORY=memoryPercent", "DAYS=days", "WHY=reason"),
            ),
            on_tenant=True,
        ),
        Verb(
            "day",
            "list_fleet_use",
            (
                *("FROM=intervalStartDateTime", "ON=on", "IN USE=inUse", "DISCONNECTED=disconnected"),
                *("COULD BE OFF=couldBeOff", "OFF=off"),
            ),
            on_tenant=True,
        ),
        Verb(
            "policy-use",
            "list_policy_use",
            (
                *("POLICY=provisioningPolicyName", "DAY=intervalStartDateTime", "CLOUD PCS=cloudPCs"),
                *("ON=minutesOn", "ACTIVE=minutesActive", "COULD BE OFF=minutesCouldBeOff"),
                "CONNECTIONS=connections",
            ),
            on_tenant=True,
        ),
        Verb("readiness", "get_readiness", ("STATUS=status", "CHECKS=checks"), on_tenant=True),
        Verb(
            "roles",
            "list_role_assignments",
            ("WHO=displayName", "NAME=userPrincipalName", "KIND=principalType", "ROLE=role", "SINCE=createdDateTime"),
            on_tenant=True,
        ),
        Verb("role-template", "get_customer_template", about="Show the template of the role that a customer gives."),
        Verb("create", "save_tenant_wizard", wizard="create-tenant"),
        Verb("edit", "save_wizard", wizard="edit-tenant", planned_as="settings", on_tenant=True),
        Verb("update", "update_tenant", planned_as="settings", on_tenant=True),
        Verb("forecast", "foresee_change", FORESEEN, rows="value"),
        Verb("delete", "delete_tenant", asks=f"Delete the tenant {{}}? {DESTROYS}", on_tenant=True),
        Verb("pause", "pause_tenant", planned_as="pause", on_tenant=True),
        Verb("resume", "resume_tenant", on_tenant=True),
        Verb("dismiss-health", "dismiss_tenant_health", on_tenant=True),
    ),
)
SITE = Noun(
    "site",
    "Sites: where a tenant's Cloud PCs are built",
    (
        Verb("list", "list_sites", (*ID, *NAME, "REGION=region", "ALSO=fallbackRegions", "GROUP=resourceGroup")),
        Verb("show", "get_site", named="site"),
        Verb("create", "save_wizard", wizard="create-site"),
        Verb("edit", "save_wizard", wizard="edit-site", named="site", fills="site.siteId"),
        Verb("set", "put_site", about="Create a site, or replace it."),
        Verb("delete", "delete_site", named="site", asks=f"Delete the site {{}}? {DESTROYS}"),
    ),
)
OFFER = Noun(
    "offer",
    "Service plans, licences, quotas and regions of a tenant",
    (
        Verb(
            "plans",
            "list_service_plans",
            (*NAME, "VCPU=vCpuCount", "RAM GB=ramInGB", "DISK GB=storageInGB", "PART=@deskwright.skuPartNumber", *ID),
        ),
        Verb("plan", "get_service_plan"),
        Verb(
            "licenses",
            "list_licenses",
            (*NAME, "TOTAL=total", "USED=used", "FREE=free", "CLOUD PCS=cloudPcs", "PART=skuPartNumber"),
        ),
        Verb(
            *("quotas", "list_quotas"),
            (
                "REGION=region",
                "SUBSCRIPTION=subscriptionId",
                "FAMILY=family",
                "USED=used",
                "LIMIT=limit",
                "ERROR=error",
            ),
            spread="usages",
        ),
        Verb("regions", "list_supported_regions", (*ID, *NAME, "STATUS=regionStatus", "GROUP=regionGroup")),
        Verb("region", "get_supported_region"),
    ),
)
AUDIT = Noun(
    "audit",
    "Who changed what",
    (
        Verb("list", "list_audit_events", _AUDIT),
        Verb("show", "get_audit_event"),
        Verb("service", "list_service_audit_events", _AUDIT),
    ),
)
WIZARD = Noun(
    "wizard",
    "The wizards as data: steps, schemas, choices",
    (
        Verb("show", "get_wizard"),
        Verb("review", "review_wizard", about="Review a form as far as it is filled in; nothing is saved."),
    ),
)
SERVICE = Noun(
    "service",
    "The service as a whole",
    (
        Verb("show", "get_pause", about="Show whether everything is paused, who did it and why."),
        Verb("pause", "pause_service", asks="Pause all tenants?"),
        Verb("resume", "resume_service"),
        Verb("dismiss-health", "dismiss_service_health"),
        Verb("health-thresholds", "update_health_thresholds"),
        Verb("set-aside", "list_set_aside", ("SINCE=since", "TENANT=tenantId", "KIND=kind", "REASON=reason")),
        Verb(
            "cost",
            "get_service_cost",
            ("METER=name", "QUANTITY=quantity", "PRICE=unitPrice", "COST=cost"),
            rows="rows",
        ),
        Verb("configuration", "get_configuration"),
        Verb("openapi", "openapi"),
    ),
)
