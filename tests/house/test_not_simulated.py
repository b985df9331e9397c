"""`docs/cloud.md` lists each property for which the simulated cloud answers `NotSupportedBySimulator`."""

import ast

from azure_simulator.compute.machines.machine_values import NOT_SIMULATED
from azure_simulator.network.public_ip_addresses import OTHERS

from tests.house.tree import ROOT, below, parsed, text


def refused() -> set[str]:
    """Return the properties that the code names when it refuses them as not simulated."""
    found = {*NOT_SIMULATED, *OTHERS}
    for path in below("packages/azure_simulator/src"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "unsupported":
                found |= {str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant)}
    return found


def test_what_is_not_simulated_is_listed() -> None:
    page = text(ROOT / "docs/cloud.md")
    assert {each for each in refused() if f"`{each}`" not in page} == set()
