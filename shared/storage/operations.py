"""Repositories of operations and intents."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.operations.bulk import BulkAction, BulkItem, item_id_prefix
from shared.domain.operations.operation import COLUMNS, Intent, Operation
from shared.storage.codec import escaped
from shared.storage.listed import ListedRepository, Listing
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Tables, Write
from shared.telemetry import count_operation

_SHAPE = Shape(table="intents", model=Intent, place=lambda intent: (intent.tenant_id, intent.id))


def intents(tables: Tables) -> Repository[Intent]:
    """Return the repository of intents."""
    return Repository(tables, _SHAPE)


_AT_ONCE = 1_000  # rows that one request reads

_OPERATIONS = Shape(
    table="operations",
    noun="operation",
    model=Operation,
    place=lambda operation: (operation.tenant_id, operation.id),
    columns={
        "kind": lambda operation: operation.kind,
        "resource_id": lambda operation: operation.resource_id,
        "status": lambda operation: operation.status.value,
    },
)


class Operations(ListedRepository[Operation]):
    """The operations."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _OPERATIONS, Listing(COLUMNS))

    async def _replace_with(
        self, before: Stored[Operation], after: Operation, beside: Sequence[Write] = ()
    ) -> Stored[Operation]:
        """Replace an operation; count it if it ends, which happens once because no ended operation is replaced."""
        stored = await super()._replace_with(before, after, beside)
        if after.ended:
            count_operation(after.kind, after.status.value, after.error.code if after.error else "")
        return stored


_ACTIONS = Shape(
    table="bulkactions",
    noun="bulk action",
    model=BulkAction,
    place=lambda bulk: (bulk.tenant_id, bulk.id),
    columns={"status": lambda bulk: bulk.status.value, "action": lambda bulk: bulk.action},
)
_ITEMS = Shape(
    table="bulkitems",
    model=BulkItem,
    place=lambda item: (item.tenant_id, item.id),
    # The release before looks for `bulk_id`: without it a bulk action would be over after a step back, with no item.
    columns={"bulk_id": lambda item: item.bulk_id, "status": lambda item: item.status.value},
)


def bulk_actions(tables: Tables) -> Repository[BulkAction]:
    """Return the repository of bulk actions."""
    return Repository(tables, _ACTIONS)


class BulkItems(Repository[BulkItem]):
    """The items of all bulk actions."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _ITEMS)

    async def delete_of(self, tenant_id: str, bulk_id: str, chunk: Chunk) -> int:
        """Delete the items of one bulk action, as far as the chunk goes; return their number."""
        first = escaped(item_id_prefix(bulk_id))
        where = "PartitionKey eq @tenant and RowKey gt @first and RowKey lt @last"
        parameters = {"tenant": escaped(tenant_id), "first": first, "last": f"{first}~"}
        return await purge(self._table, where, parameters, chunk)

    async def of(self, tenant_id: str, bulk_id: str) -> list[Stored[BulkItem]]:
        """Return the items of one bulk action, in their order.

        Their keys are beside each other, so that those of all other bulk actions are not looked through.
        """
        first = escaped(item_id_prefix(bulk_id))
        found = [stored async for _, stored in self.between(tenant_id, (first, f"{first}~"), _AT_ONCE)]
        return sorted(found, key=lambda stored: stored.value.position)
