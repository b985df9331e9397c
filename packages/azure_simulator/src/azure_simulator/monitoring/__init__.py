"""Azure Monitor as Resource Manager sees it: workspaces, Application Insights, alerts, tests, workbooks, diagnostics.

No telemetry is kept, no query runs and no alert is raised. Sources:
learn.microsoft.com/azure/templates/microsoft.insights and `/microsoft.operationalinsights`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.monitoring import alerts, diagnostics, insights, workspaces

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve the resource types of Microsoft.Insights and Microsoft.OperationalInsights."""
    arm.serve(cloud, workspaces.OPERATIONS, *insights.OPERATIONS, *alerts.OPERATIONS, diagnostics.OPERATIONS)
