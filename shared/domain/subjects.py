"""Subjects of pages, and the tables that have their content: a write to a table changes the pages of its subject."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PageSubject(StrEnum):
    """A kind of thing that pages show, by the name of its collection."""

    TENANT = "tenant"
    SITES = "sites"
    CLOUD_PCS = "cloudPCs"
    POLICIES = "provisioningPolicies"
    CONNECTIONS = "onPremisesConnections"
    IMAGES = "deviceImages"
    USER_SETTINGS = "userSettings"
    MAINTENANCE_WINDOWS = "maintenanceWindows"
    SCRIPTS = "deviceManagementScripts"
    ALERTS = "alertRecords"
    IMAGE_SETS = "imageSets"
    SPOT_GROUPS = "spotGroups"
    SPOT_MEMBERS = "members"
    SESSION_HOSTS = "hosts"
    RELEASES = "releases"
    DECISIONS = "decisions"
    OPERATIONS = "operations"
    BULK_ACTIONS = "bulkActions"
    ORPHANS = "orphans"
    AUDIT = "auditEvents"
    POWER_SCHEDULES = "powerSchedules"
    COST = "cost"
    NOTICE_ENDPOINTS = "noticeEndpoints"
    USAGE = "usage"


SUBJECT_OF: Mapping[str, PageSubject] = MappingProxyType(
    {
        "tenants": PageSubject.TENANT,
        "sites": PageSubject.SITES,
        "cloudpcs": PageSubject.CLOUD_PCS,
        "cloudpcpower": PageSubject.CLOUD_PCS,
        "deletedcloudpcs": PageSubject.CLOUD_PCS,
        "timeline": PageSubject.CLOUD_PCS,
        "powerschedules": PageSubject.POWER_SCHEDULES,
        "noticeendpoints": PageSubject.NOTICE_ENDPOINTS,
        "deliveries": PageSubject.NOTICE_ENDPOINTS,
        "usage": PageSubject.USAGE,
        "reclaimrules": PageSubject.USAGE,
        "reclaimcases": PageSubject.USAGE,
        "ratecards": PageSubject.COST,
        "budgets": PageSubject.COST,
        "costledger": PageSubject.COST,
        "policies": PageSubject.POLICIES,
        "imagerings": PageSubject.POLICIES,
        "connections": PageSubject.CONNECTIONS,
        "images": PageSubject.IMAGES,
        "usersettings": PageSubject.USER_SETTINGS,
        "maintenancewindows": PageSubject.MAINTENANCE_WINDOWS,
        "scripts": PageSubject.SCRIPTS,
        "alertrules": PageSubject.ALERTS,
        "alertrecords": PageSubject.ALERTS,
        "imagesets": PageSubject.IMAGE_SETS,
        "imageversions": PageSubject.IMAGE_SETS,
        "spotgroups": PageSubject.SPOT_GROUPS,
        "spotstates": PageSubject.SPOT_GROUPS,
        "spotmembers": PageSubject.SPOT_MEMBERS,
        "spotformermembers": PageSubject.SPOT_MEMBERS,
        "sessionhosts": PageSubject.SESSION_HOSTS,
        "releases": PageSubject.RELEASES,
        "spotdecisions": PageSubject.DECISIONS,
        "operations": PageSubject.OPERATIONS,
        "bulkactions": PageSubject.BULK_ACTIONS,
        "bulkitems": PageSubject.BULK_ACTIONS,
        "orphans": PageSubject.ORPHANS,
        "orphanscans": PageSubject.ORPHANS,
        "audit": PageSubject.AUDIT,
    }
)
"""The subject of each table that pages show."""

NOT_SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "service": "the provider's pause, of no tenant",
        "roledefinitions": "the page of administrators shows the roles of the directory; the command line has these",
        "accessgrants": "as the roles",
        "healthsettings": "the health page has no page of the portal yet",
        "retailprices": "Azure's prices, of no tenant; they are read once a day",
        "scriptversions": "contents of scripts, which have records of their own",
        "computernames": "of machines, which show theirs",
        "idempotency": "answers to requests that are sent again",
        "personalnotices": "mail preferences, which a user's own page reads when it opens",
        "noticestates": "who sends, and when the next try is",
        "noticeevents": "told by the records, which pages show",
        "firstseen": "the place in line, which a plan writes to the records",
        "watches": "what a directory is asked for",
        "changes": "of a directory, until they are planned",
        "requests": "plans that are wanted",
        "due": "work that is due; the records say what waits",
    }
)
"""The exported tables that no page shows, and why."""

SINGLE = frozenset({PageSubject.CLOUD_PCS, PageSubject.OPERATIONS})
"""Subjects of which one can be asked for: there are many of them, and the page of one shows no other."""


def share_of(subject: PageSubject, of: str) -> str:
    """Return the name of the share of a subject that the thing with the id *of* is in: there are 256 shares of each.

    A page of one thing is told of writes to its share. So there is a constant number of rows, which nobody removes.
    """
    return f"{subject.value}-{hashlib.sha256(of.encode()).hexdigest()[:2]}"
