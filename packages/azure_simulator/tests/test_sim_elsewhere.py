"""The simulated cloud serves another project: these files alone, driven by a real client."""

import ast
import re
import shutil
import sys
from pathlib import Path

import aiohttp
import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.processes import Process, Tokens

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    "local/__init__.py",
    "packages/azure_simulator/src/azure_simulator/certificates.py",
    "packages/simulation_base/src/simulation_base/clock.py",
    "packages/simulation_base/src/simulation_base/pages",
    "packages/azure_simulator/src/azure_simulator",
)
PACKAGES = {"aiohttp": "aiohttp", "certifi": "certifi", "cryptography": "PyJWT[crypto]", "jwt": "PyJWT[crypto]"}
PACKAGES |= {"trustme": "trustme", "yaml": "PyYAML"}
"""What is imported, and what to install for it."""
_OURS = tuple(name.removesuffix(".py").replace("/", ".") for name in FILES[1:])
MODELS = re.compile(r"azure\.mgmt\.\w+")
"""Packages that are read, not imported: `packages/azure_simulator/src/azure_simulator/arm/sdkmodels.py`."""


def packages() -> set[str]:
    """Name all that has to be installed."""
    text = "".join(path.read_text() for path in (ROOT / "local" / "cloud").rglob("*.py"))
    return {*PACKAGES.values(), *(name.replace(".", "-") for name in MODELS.findall(text))}


def copied(folder: Path) -> Path:
    """Copy what docs/cloud.md says another project needs."""
    for name in FILES:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def test_the_files_import_nothing_but_each_other_and_what_the_docs_name(tmp_path: Path) -> None:
    foreign = set()
    for path in copied(tmp_path).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []
            foreign |= {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    ours = {name for name in foreign if name.partition(".")[0] == "local"}
    assert {name for name in ours if not name.startswith(_OURS)} <= {"local"}
    assert {name.partition(".")[0] for name in foreign - ours} == set(PACKAGES)


def test_the_docs_say_what_to_copy_and_to_install() -> None:
    text = (ROOT / "docs" / "cloud.md").read_text()
    section = text.partition("## Use it for another project")[2].partition("\n## ")[0]
    assert not [name for name in FILES if name not in section]
    (command,) = re.findall(r"pip install (.+)", section)
    assert set(command.split()) == packages()


@pytest.mark.simulator
async def test_a_real_client_makes_a_machine_in_the_copy(tmp_path: Path, certificates: Certificates) -> None:
    process = Process(tmp_path, certificates, {"config": {"anyPrincipalExists": True}}, copied(tmp_path / "other"))
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
