"""Every command that stands for one operation of the API: its words, its table, the question before it begins.

The tables are data: ``commands.py`` makes them commands. A test compares them with the API's document.
"""

from collections.abc import Mapping

from deskwright.catalogue.cloud_pcs import CONNECTION, DELETED_PC, IMAGE, MY, PC, POLICY
from deskwright.catalogue.cost import BUDGET, COST, RATE_CARD, RECLAIM
from deskwright.catalogue.service import (
    ALERT,
    AUDIT,
    BULK,
    GROUP,
    MAINTENANCE_WINDOW,
    NOTICE_ENDPOINT,
    OFFER,
    OPERATION,
    ORPHAN,
    POWER_SCHEDULE,
    REMOVAL,
    ROLE,
    ROLE_ASSIGNMENT,
    SCRIPT,
    SERVICE,
    SITE,
    SUPPORT_ACCESS,
    TENANT,
    USER,
    USER_SETTING,
    WIZARD,
)
from deskwright.catalogue.spot import HOST, IMAGE_SET, IMAGE_VERSION, RELEASE, SESSION, SPOT
from deskwright.catalogue.words import NAMES, SHOWN_OTHERWISE, Named, Noun, Verb

WHOAMI = Verb("whoami", "get_me", ("name", "kind", "roles", "tenants", "directoryId", "id"))

NOUNS = (
    PC,
    DELETED_PC,
    POLICY,
    CONNECTION,
    IMAGE,
    SPOT,
    HOST,
    SESSION,
    RELEASE,
    IMAGE_SET,
    IMAGE_VERSION,
    BULK,
    OPERATION,
    REMOVAL,
    ORPHAN,
    USER,
    GROUP,
    USER_SETTING,
    POWER_SCHEDULE,
    NOTICE_ENDPOINT,
    TENANT,
    ROLE,
    ROLE_ASSIGNMENT,
    SUPPORT_ACCESS,
    SITE,
    OFFER,
    BUDGET,
    RECLAIM,
    COST,
    RATE_CARD,
    AUDIT,
    WIZARD,
    SCRIPT,
    MAINTENANCE_WINDOW,
    ALERT,
    SERVICE,
    MY,
)

WITHOUT_COMMAND: Mapping[str, str] = {
    **SHOWN_OTHERWISE,
    **dict.fromkeys(
        ("list_my_cloud_pcs", "get_my_cloud_pc", "retrieve_my_launch_detail"),
        "Graph's shape for its SDKs; my has commands for those of all tenants",
    ),
    "retrieve_recommendation_reports": "Graph's shape for its SDKs; tenant size-advice has the same and more",
    "get_changes": "the portal asks it whether a page that is open is up to date; api prints the versions",
    **dict.fromkeys(("get_service_health", "get_tenant_health"), "health shows it, and ends with an exit code"),
    "find_source_images": "image create offers them",
    "get_audit_activity_types": "audit list shows what was done; api prints the types",
    "get_snapshot": "pc restore-points lists those of a Cloud PC; api prints one",
    "list_snapshots": "pc restore-points lists those of a Cloud PC; api prints all",
    "retrieve_launch_detail": "pc sign-in has the address, and more",
    "create_connection": "connection create sends the wizard's form, which says more; api sends Graph's body",
    "create_device_image": "image create sends the wizard's form, which says more; api sends Graph's body",
    "create_policy": "policy create sends the wizard's form, apply Graph's body",
    "create_tenant": "tenant create sends the wizard's form, which says more; api sends the body",
    "get_tenant_wizard": "tenant create shows it, step by step",
    "health": "takes a function key and no token: it is for probes of the platform",
    "receive_notifications": "Microsoft Graph calls it; nobody else can",
    "review_tenant_wizard": "tenant create reviews each step by it; with --dry-run it prints the review",
}
"""Operations that have no command, and why."""

__all__ = ["NAMES", "NOUNS", "WHOAMI", "WITHOUT_COMMAND", "Named", "Noun", "Verb"]
