"""Microsoft.Web: plans and function apps of Flex Consumption, and the deployment site of each.

`apps` are the resources, `configuration` the settings of an app, `offers` the regions that have such plans,
`publishing` the site `https://{app}.scm.azurewebsites.net`. No code runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.sites import apps, configuration, offers, publishing

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve plans, function apps, and `/api/publish` and `/api/deployments` of their deployment sites."""
    arm.serve(cloud, apps.PLAN_OPERATIONS, apps.SITE_OPERATIONS, *configuration.OPERATIONS)
    for name, (shape, about) in offers.SETTINGS.items():
        cloud.setting(name, shape, about)
    cloud.add(offers.ROUTES)
    cloud.plane(publishing.DeploymentSite())
    cloud.latencies(publishing.LATENCIES)
    cloud.state(publishing.STATE, dict)
    cloud.add(publishing.ROUTES)
