"""The simulator serves another project: the two packages alone, without this repository, driven by a real client."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import aiohttp
import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.processes import Process, Tokens

PACKAGE = Path(__file__).resolve().parents[1]
PACKAGES = {name: PACKAGE.parent / name / "src" / name for name in ("azure_simulator", "simulation_base")}
DISTRIBUTIONS = {"jwt": "PyJWT", "yaml": "PyYAML", "simulation_base": "simulation-base"}
"""Names on PyPI that differ from the module's."""
MODELS = re.compile(r"azure\.mgmt\.\w+")
"""Packages that are read as text and not imported."""


def imported(folder: Path) -> set[str]:
    """Return the top-level modules that a package imports, without itself and the standard library."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names |= {each.name for each in node.names} if isinstance(node, ast.Import) else set()
            names |= {str(node.module)} if isinstance(node, ast.ImportFrom) and not node.level else set()
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {folder.name}


def declared() -> set[str]:
    """Return the names of the dependencies in pyproject.toml."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[<>=~! ]", each)[0] for each in project["dependencies"]}


def copied(folder: Path) -> Path:
    """Copy both packages and nothing else."""
    for name, source in PACKAGES.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def loaded_from(folder: Path) -> dict[str, str]:
    """Return the files from which a Python process that is started in a folder imports the packages."""
    script = (
        f"import json, {', '.join(PACKAGES)}; print(json.dumps([each.__file__ for each in ({', '.join(PACKAGES)})]))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return dict(zip(PACKAGES, json.loads(done.stdout), strict=True))


def test_the_dependencies_are_what_is_imported_and_read() -> None:
    text = "".join(path.read_text() for path in PACKAGES["azure_simulator"].rglob("*.py"))
    read = {name.replace(".", "-") for name in MODELS.findall(text)}
    assert declared() == {DISTRIBUTIONS.get(name, name) for name in imported(PACKAGES["azure_simulator"])} | read


def test_the_base_package_needs_nothing() -> None:
    assert imported(PACKAGES["simulation_base"]) == set()


@pytest.mark.simulator
async def test_a_real_client_makes_a_machine_with_the_packages_alone(
    tmp_path: Path, certificates: Certificates
) -> None:
    other = copied(tmp_path / "other")
    assert loaded_from(other) == {name: str(other / name / "__init__.py") for name in PACKAGES}
    process = Process(tmp_path, certificates, {"config": {"anyPrincipalExists": True}}, other)
    process.command += ["--rate", "60"]
    await process.start()
    connector = aiohttp.TCPConnector(ssl=certificates.client_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        tokens, bundle = Tokens(process, session), str(certificates.bundle)
        subscription = "44444444-4444-4444-8444-444444444444"
        async with Azure.connect(tokens, subscription, url=process.url, bundle=bundle) as azure:
            await azure.make_group()
            vm = await azure.make_vm("other-1")
            view = await azure.compute.virtual_machines.instance_view(azure.group, "other-1")
    await process.kill()
    assert vm.provisioning_state == "Succeeded"
    assert "PowerState/running" in {each.code for each in view.statuses}
