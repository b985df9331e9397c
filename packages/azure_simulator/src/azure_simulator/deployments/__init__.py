"""Template deployments: `Microsoft.Resources/deployments` of resource groups and of subscriptions.

`expressions` is the language of templates, `templates` reads one, `runs` makes its resources, `deployments` answers,
`what_if` says what one would change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.deployments import deployments, what_if
from azure_simulator.deployments.runs import Writer

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve deployments."""
    writer = Writer(cloud.router, cloud.planes["arm"])
    cloud.state(deployments.WRITER, lambda: writer)
    arm.serve(cloud, what_if.OPERATIONS)  # those of `deployments`, and its own
