"""Owner of a machine: its purpose, and the names and tags that show it.

A machine is made for a Cloud PC, to build a device image or a version of an image set, or to probe a connection.
Another kind of owner is another member of ``OwnerKind`` and another line of ``_MARKS``.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self

from shared.domain.values import Value

ROLE_TAG = "deskwright:role"
"""Purpose of a resource: a kind of owner, or ``network``."""
CLOUD_PC_TAG = "deskwright:cloudpc"
IMAGE_TAG = "deskwright:image"
IMAGE_VERSION_TAG = "deskwright:imageversion"
PROBE_TAG = "deskwright:probe"
SESSION_HOST_TAG = "deskwright:sessionhost"


class OwnerKind(StrEnum):
    """Purposes of machines."""

    CLOUD_PC = "cloudPc"
    DEVICE_IMAGE = "deviceImage"
    CONNECTION_PROBE = "connectionProbe"
    SESSION_HOST = "sessionHost"
    IMAGE_VERSION = "imageVersion"


class _Marks(NamedTuple):
    """Marks of a kind of owner: the tag and the field of telemetry that have its id, the prefix of VM names."""

    tag: str
    prefix: str
    field: str


_MARKS: Mapping[OwnerKind, _Marks] = MappingProxyType(
    {
        OwnerKind.CLOUD_PC: _Marks(CLOUD_PC_TAG, "cpc", "cloud_pc_id"),
        OwnerKind.DEVICE_IMAGE: _Marks(IMAGE_TAG, "img", "image_id"),
        OwnerKind.CONNECTION_PROBE: _Marks(PROBE_TAG, "probe", "connection_id"),
        OwnerKind.SESSION_HOST: _Marks(SESSION_HOST_TAG, "host", "session_host_id"),
        OwnerKind.IMAGE_VERSION: _Marks(IMAGE_VERSION_TAG, "ver", "image_version_id"),
    }
)


class Owner(Value):
    """Owner of a machine: a Cloud PC, a device image or an image version that is built, a connection that is probed."""

    kind: OwnerKind
    id: str

    @classmethod
    def cloud_pc(cls, cloud_pc_id: str) -> Self:
        """Return a Cloud PC as an owner."""
        return cls(kind=OwnerKind.CLOUD_PC, id=cloud_pc_id)

    @classmethod
    def of_tags(cls, tags: Mapping[str, str]) -> Self | None:
        """Return the owner that the tags of a resource name, None when they name none."""
        role = tags.get(ROLE_TAG)
        if role not in set(OwnerKind):
            return None
        kind = OwnerKind(role)
        subject = tags.get(_MARKS[kind].tag)
        return cls(kind=kind, id=subject) if subject else None

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that is made for it."""
        return {ROLE_TAG: self.kind.value, _MARKS[self.kind].tag: self.id}

    @property
    def base_name(self) -> str:
        """Prefix of the names of its resources."""
        return f"{_MARKS[self.kind].prefix}-{self.id}"

    @property
    def telemetry_field(self) -> str:
        """The name under which its id is logged."""
        return _MARKS[self.kind].field
