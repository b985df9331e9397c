"""Scenes and bodies of the routes of notices: endpoints, and the mail preferences of users."""

from typing import Any

from shared.domain.notices.endpoint import EndpointKind, NoticeEndpoint
from shared.domain.notices.personal import PersonalNotices
from tests.integration import things
from tests.integration.scene import Scene, Trace

ENDPOINT = NoticeEndpoint(
    id="e1",
    tenant_id=things.TENANT_ID,
    display_name="Desk",
    kind=EndpointKind.WEBHOOK,
    address="https://hooks.example.com",
    created_date_time=things.NOW,
    last_modified_date_time=things.NOW,
)

CHOICE = PersonalNotices(
    id="id-eve",
    tenant_id=things.TENANT_ID,
    opted_out=("cloudpc.idle",),
    last_modified_date_time=things.NOW,
)

_ENDPOINT, _DESK = "tenants/{tenant}/noticeEndpoints", (("notice_endpoints", ENDPOINT),)
NOTICE_SCENES = {
    f"POST {_ENDPOINT}": Scene(Trace.MADE, {"displayName": "Hooks", "address": "https://hooks.example.com/a"}),
    f"PATCH {_ENDPOINT}/{{id}}": Scene(Trace.CHANGED, {"eventTypes": ["cloudpc.failed"]}, _DESK, {"id": "e1"}),
    f"DELETE {_ENDPOINT}/{{id}}": Scene(Trace.GONE, None, _DESK, {"id": "e1"}),
    f"POST {_ENDPOINT}/{{id}}/rotateKey": Scene(Trace.CHANGED, None, _DESK, {"id": "e1"}),
    f"POST {_ENDPOINT}/{{id}}/test": Scene(Trace.ASKED, None, _DESK, {"id": "e1"}),
    f"POST {_ENDPOINT}/{{id}}/replay": Scene(Trace.ASKED, {"onlyFailed": True}, _DESK, {"id": "e1"}),
    "PATCH me/notices": Scene(Trace.CHANGED, {"optedOut": ["cloudpc.provisioned"]}, (("personal_notices", CHOICE),)),
}

NOTICE_BODIES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "endpoint of notices": (
        "POST tenants/{tenant}/noticeEndpoints",
        {
            "displayName": "Hooks",
            "kind": "webhook",
            "address": "https://hooks.example.com/a",
            "eventTypes": ["cloudpc.failed"],
            "format": "cloudEvents",
            "locale": "de-DE",
            "enabled": True,
        },
        {},
    ),
    "change of an endpoint of notices": (
        "PATCH tenants/{tenant}/noticeEndpoints/{id}",
        {
            "displayName": "Hooks",
            "address": "https://hooks.example.com/a",
            "eventTypes": ["cloudpc.failed"],
            "format": "cloudEvents",
            "locale": "de-DE",
            "enabled": True,
        },
        {"id": "e1"},
    ),
    "replay of notices": (
        "POST tenants/{tenant}/noticeEndpoints/{id}/replay",
        {
            "eventIds": [],
            "since": "2026-11-20T08:00:00Z",
            "until": "2026-11-21T08:00:00Z",
            "onlyFailed": False,
        },
        {"id": "e1"},
    ),
    "own notices": (
        "PATCH me/notices",
        {
            "optedOut": ["cloudpc.provisioned"],
            "quietHours": {"startTime": "20:00:00", "endTime": "07:00:00"},
            "timeZone": "Europe/Berlin",
        },
        {},
    ),
}
