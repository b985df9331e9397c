"""Microsoft.Web: plans and function apps of Flex Consumption, and the deployment site of each.

`apps` are the resources, `publishing` the site `https://{app}.scm.azurewebsites.net`. No code runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.sites import apps, publishing

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve plans, function apps, and `/api/publish` and `/api/deployments` of their deployment sites."""
    arm.serve(cloud, apps.PLAN_OPERATIONS, apps.SITE_OPERATIONS)
    cloud.plane(publishing.DeploymentSite())
    cloud.latencies(publishing.LATENCIES)
    cloud.state(publishing.STATE, dict)
    cloud.add(publishing.ROUTES)
