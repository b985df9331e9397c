"""What our own routes answer that is no model as it stands, for the OpenAPI document."""

from __future__ import annotations

from shared.domain.lifecycle import Status
from shared.domain.operation import Operation
from shared.domain.steps import Step
from triggers.http.json_schema import Trimmed, many, one_of, shape, whole

OPERATION = Trimmed("operation", Operation, ("tenantId",))
_ENTRY = shape(
    "timelineEntry",
    {
        "title": "string",
        "generation": "integer",
        "attempt": "integer",
        "step": one_of(*Step),
        "startedAt": "time",
        "endedAt": "time",
        "outcome": "string",
        "resourceIds": "strings",
        "error": "object",
        "note": "string",
    },
    required=("title", "generation", "attempt", "step", "startedAt"),
)
TIMELINE = shape(
    "timeline",
    {
        "cloudPcId": "string",
        "userPrincipalName": "string",
        "status": one_of(*Status),
        "generation": "integer",
        "step": one_of(*Step),
        "title": "string",
        "percentComplete": "integer",
        "estimatedEndDateTime": "time",
        "attempt": "integer",
        "reason": "string",
        "entries": many(_ENTRY),
    },
    required=("cloudPcId", "userPrincipalName", "status", "generation", "title", "percentComplete", "entries"),
)
GRACE_CHANGE = whole(
    "graceChange",
    {
        "cloudPcId": "string",
        "status": one_of(*Status),
        "cause": "string",
        "startDateTime": "time",
        "endDateTime": "time",
        "held": "boolean",
        "secondsLeft": "integer",
    },
)
REMOVAL = shape(
    "removalThatWaits",
    {
        "cloudPcId": "string",
        "userPrincipalName": "string",
        "status": one_of(*Status),
        "cause": "string",
        "seenAt": "time",
        "why": "string",
        "confirmedBy": "string",
    },
    required=("cloudPcId", "userPrincipalName", "status"),
)
