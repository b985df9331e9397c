"""The only place that imports the Durable SDK."""

from azure.durable_functions import Blueprint, DurableOrchestrationClient
from azure.durable_functions import DFApp as DurableApp
from azure.durable_functions import DurableOrchestrationContext as Context

DurableClient = DurableOrchestrationClient

__all__ = ["Blueprint", "Context", "DurableApp", "DurableClient"]
