"""Names beside the ids of audit events: of the applications that acted, and of their targets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.domain.operations.audit_names import AuditNames
from shared.domain.operations.operation import AuditEvent
from shared.services.action_context import ActionContext
from shared.services.directory_names import application_names
from shared.services.operation_facts import record_names

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


async def audit_names(context: ActionContext, events: Sequence[AuditEvent]) -> AuditNames:
    """Return the names that events of a tenant are shown with. A token without a name has left an id instead."""
    actors = (event.actor for event in events)
    nameless = [each.id for each in actors if each.kind == "application" and _ID.fullmatch(each.name)]
    return AuditNames(await application_names(context, nameless), await record_names(context))
