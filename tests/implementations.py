"""Registered functions of the app, and the contracts that they implement."""

import inspect
from functools import cache
from importlib import import_module
from typing import Any

from shared.contracts.definitions import Activity, Contract, Poll, Workflow
from shared.workflow import implementation_of
from shared.workflow.implementing import Implementation

AnyActivity = Activity[Any, Any, Any] | Poll[Any, Any, Any]
AnyWorkflow = Workflow[Any, Any]


@cache
def registered() -> list[Any]:
    """All functions that the app registers; a process can ask only once (docs/notes/host.md 3.1)."""
    functions: list[Any] = import_module("function_app").app.get_functions()
    return functions


@cache
def implementations() -> dict[str, Implementation]:
    """Implementation of each contract, by its wire name."""
    found = (implementation_of(function.get_user_function()) for function in registered())
    return {each.contract.name: each for each in found if each is not None}


def activities() -> set[str]:
    """The wire names of all activities."""
    return {name for name, each in implementations().items() if isinstance(each.contract, Activity | Poll)}


def implementation(contract: Contract[Any, Any]) -> Any:
    """Return the function that implements *contract*, as it was written: no JSON and no wire."""
    return implementations()[contract.name].function


def timer(name: str) -> Any:
    """Return the function of a timer that is deployed, as it was written: it takes a client of Durable Functions."""
    (found,) = (each for each in registered() if each.get_function_name() == name)
    return inspect.unwrap(found.get_user_function())
