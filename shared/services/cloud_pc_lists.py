"""The list of a tenant's Cloud PCs as somebody sees it: with the names that its policies have today."""

from __future__ import annotations

from shared.services.action_context import ActionContext
from shared.storage.listed import Entry


async def cloud_pc_entries(context: ActionContext) -> list[Entry]:
    """Return the entries that lists of Cloud PCs are made from; a deleted policy keeps its last name in them."""
    names = {
        stored.value.id: stored.value.display_name async for stored in context.deps.policies.each(context.tenant_id)
    }
    entries = await context.deps.cloud_pcs.entries(context.tenant_id)
    return [
        {**entry, "provisioningPolicyName": names[policy]}
        if (policy := str(entry["provisioningPolicyId"])) in names
        else entry
        for entry in entries
    ]
