"""Properties for filtering and ordering lists of operations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.domain.filtering import Kind, Scalar, moment
from shared.domain.operations.operation import Operation

_MOMENTS = ("createdDateTime", "lastModifiedDateTime")

COLUMNS: Mapping[str, Callable[[Operation], Scalar]] = {
    "kind": lambda operation: operation.kind,
    "resourceId": lambda operation: operation.resource_id,
    "status": lambda operation: operation.status.value,
    "requestedBy": lambda operation: operation.requested_by,
    "error/code": lambda operation: operation.error.code if operation.error else None,
    "createdDateTime": lambda operation: moment(operation.created_date_time),
    "lastModifiedDateTime": lambda operation: moment(operation.last_modified_date_time),
}
"""The columns of an entry, by the names of the properties. A change of them needs a new version of the list."""

KINDS = {name: Kind.MOMENT if name in _MOMENTS else Kind.TEXT for name in ("id", *COLUMNS)}

SEARCHED = ("kind", "resourceId", "requestedBy", "error/code", "id")
"""Properties that ``$search`` reads."""
