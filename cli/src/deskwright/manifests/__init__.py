"""Objects as files: the properties of each kind, and how they are read from and written to the service.

A document has ``kind`` and the properties of that kind. What it does not name stays as it is.
"""

from deskwright.manifests.images import DEVICE_IMAGE, IMAGE_SET
from deskwright.manifests.kind import Json, Kind
from deskwright.manifests.networks import CONNECTION
from deskwright.manifests.plain import POLICY, POWER_SCHEDULE, SITE, TENANT, USER_SETTING
from deskwright.manifests.spot import SPOT_GROUP

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(TENANT, SITE, CONNECTION, DEVICE_IMAGE, IMAGE_SET, POWER_SCHEDULE, USER_SETTING, POLICY, SPOT_GROUP),
    )
}
"""The kinds in the order of applying: a kind comes after those that it refers to."""

__all__ = ["KINDS", "Json", "Kind"]
