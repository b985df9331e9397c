"""The services of a storage account, and the containers and queues in them, as Resource Manager sees them.

Sources: learn.microsoft.com/azure/templates/microsoft.storage/storageaccounts/blobservices and `/queueservices`; rules
of names are those of learn.microsoft.com/rest/api/storageservices. They hold no data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.arm.value_rules import between, one_of
from azure_simulator.core.answers import Problem
from azure_simulator.core.latency import about
from azure_simulator.storage.accounts import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure_simulator.arm.value_rules import Rule
    from azure_simulator.core.calls import Call

_RETENTION = between(1, 365)


def _type(path: str, params: tuple[str, ...], naming: str, key: str, values: Mapping[str, Rule]) -> ResourceType:
    return ResourceType(
        name=f"{ACCOUNTS.name}/{path}",
        provider=ACCOUNTS.provider,
        params=("account", *params),
        models=BodyModels(written=written(path, properties=Shape("any"))),
        naming=NameRule(naming),
        located=False,
        values=values,
        latencies={f"{key}.put": about(1, 2, 1), f"{key}.delete": about(1, 2, 1)},
    )


_POLICIES = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
BLOBS = _type(
    "blobServices",
    ("service",),
    "default",
    "blob_service",
    {f"properties.{each}.days": _RETENTION for each in _POLICIES},
)
CONTAINERS = _type(
    "blobServices/containers",
    ("service", "container"),
    r"\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62}",
    "container",
    {"properties.publicAccess": one_of(("None", "Blob", "Container"))},
)
QUEUES = _type("queueServices", ("service",), "default", "queue_service", {})
QUEUE = _type("queueServices/queues", ("service", "queue"), r"[a-z0-9](-?[a-z0-9]){2,62}", "queue", {})
BLOB_OPERATIONS, CONTAINER_OPERATIONS = Operations(BLOBS), Operations(CONTAINERS)
QUEUE_SERVICE_OPERATIONS, QUEUE_OPERATIONS = Operations(QUEUES), Operations(QUEUE)
OPERATIONS = (BLOB_OPERATIONS, CONTAINER_OPERATIONS, QUEUE_SERVICE_OPERATIONS, QUEUE_OPERATIONS)


def _check_container(call: Call) -> None:
    access = read(call.object(), "properties.publicAccess", "string", "None")
    account = call.need("/".join(call.path.split("/")[:9]))
    if access != "None" and not account.properties.get("allowBlobPublicAccess"):
        raise Problem(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


plain_resources.serve(BLOB_OPERATIONS, "blob_service", "blob_services")
plain_resources.serve(CONTAINER_OPERATIONS, "container", "containers", Plain(check=_check_container))
plain_resources.serve(QUEUE_SERVICE_OPERATIONS, "queue_service", "queue_services")
plain_resources.serve(QUEUE_OPERATIONS, "queue", "queues")
