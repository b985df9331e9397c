"""Template deployments: `Microsoft.Resources/deployments` of resource groups.

`expressions` is the language of templates, `templates` reads one, `runs` makes its resources, `deployments` answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.deployments import deployments
from azure_simulator.deployments.runs import Writer

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve deployments."""
    writer = Writer(cloud.router, cloud.planes["arm"])
    cloud.state(deployments.WRITER, lambda: writer)
    arm.serve(cloud, deployments.OPERATIONS)
