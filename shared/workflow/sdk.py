"""The only place that imports the Durable SDK, and the part of its context that the app uses, with types."""

from datetime import datetime
from typing import Any, Protocol

from azure.durable_functions import Blueprint as DurableBlueprint
from azure.durable_functions import DFApp as DurableApp
from azure.durable_functions import DurableOrchestrationClient

DurableClient = DurableOrchestrationClient
API = "api"
"""Path prefix of the API: host.json has no prefix for all routes, because the portal's pages are beside it."""


class Blueprint(DurableBlueprint):  # type: ignore[misc]  # the SDK has no types
    """Functions to register; its HTTP routes are below ``/api``."""

    def route(self, route: str, **options: Any) -> Any:
        """Return the decorator of an HTTP function at *route*, without a slash before it."""
        return super().route(route=f"{API}/{route}", **options)


class Context(Protocol):
    """The part of ``DurableOrchestrationContext`` that the app uses: the results of its methods are yielded."""

    @property
    def instance_id(self) -> str:
        """The id of the instance."""

    @property
    def current_utc_datetime(self) -> datetime:
        """The time, as this turn sees it."""

    @property
    def version(self) -> str | None:
        """The ``defaultVersion`` of host.json under which the instance began."""

    def get_input(self) -> Any:
        """Return the instance's input."""

    def call_activity(self, name: str, order: object, /) -> object:
        """Return the task of an activity."""

    def call_sub_orchestrator(self, name: str, order: object, /) -> object:
        """Return the task of another orchestrator."""

    def create_timer(self, at: datetime, /) -> object:
        """Return the task of a durable timer."""

    def task_all(self, tasks: list[object], /) -> object:
        """Return the task of all *tasks*."""

    def continue_as_new(self, order: object, /) -> None:
        """Continue the instance as new."""


__all__ = ["API", "Blueprint", "Context", "DurableApp", "DurableClient"]
