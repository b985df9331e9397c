"""Intents: changes that are being carried out, written down first, so that a crash loses none of them. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.domain.operations.operation import AuditEvent
from shared.domain.values import Value

INTERRUPTED_AFTER = timedelta(minutes=15)
"""An intent that is older was cut off: no request or activity runs for so long (host.json, functionTimeout)."""


class ResourceType(StrEnum):
    """Resource types of audit events; Graph's names where Graph has one."""

    BULK_ACTION = "bulkAction"
    CLOUD_PC = "cloudPC"
    CONNECTION = "onPremisesConnection"
    DEVICE_IMAGE = "deviceImage"
    IMAGE_SET = "imageSet"
    IMAGE_VERSION = "imageVersion"
    ORPHAN = "orphan"
    ORPHAN_SCAN = "orphanScan"
    POLICY = "provisioningPolicy"
    RELEASE = "spotRelease"
    SERVICE = "service"
    SESSION_HOST = "sessionHost"
    SITE = "site"
    SPOT_GROUP = "spotGroup"
    TENANT = "tenant"
    USER_SETTING = "userSetting"


class Intent(Value):
    """A change that is being carried out. *event*: its audit event, as it was decided.

    *operation_id*: the operation that it opens, None: nobody waits for it. *writes_record*: False for what only starts
    something. *promised*: a due row was written before, so that a sweep begins it if nobody else does.
    """

    id: str
    tenant_id: str
    event: AuditEvent
    operation_id: str | None = None
    writes_record: bool = True
    promised: bool = False

    def happened(self, now: dict[str, Any] | None) -> bool:
        """Whether the change was made. *now*: the record as JSON, None if there is none.

        A record that is as it was before was not changed. One that differs may have been changed by somebody else: then
        the audit log has an event of what was only requested, which is better than one too few.
        """
        return not self.writes_record or now != self.event.before
