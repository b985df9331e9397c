"""Every setting of the app is in the sample and on its page, and nothing else is."""

import json
import re

import pytest
from pydantic_core import PydanticUndefined

from shared.config import _APP_SERVICE_AUTHENTICATION, PREFIX, VERSION, Settings, read_settings
from tests.house.tree import ROOT, below, relative, text

SAMPLE = json.loads(text(ROOT / "local.settings.sample.json"))["Values"]
PAGE = ROOT / "docs" / "settings.md"
NAMES = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}


def test_the_sample_names_every_setting_and_no_other() -> None:
    assert {name for name in SAMPLE if name.startswith(PREFIX)} == set(NAMES)


def test_the_sample_is_one_that_the_app_accepts() -> None:
    assert read_settings(SAMPLE).provider_tenant_id == SAMPLE[f"{PREFIX}PROVIDER_TENANT_ID"]


def test_the_sample_holds_no_key_or_connection_string() -> None:
    assert [name for name, value in SAMPLE.items() if re.search("(?i)key=|sig=|password", value)] == []
    assert "AzureWebJobsStorage" not in SAMPLE


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_the_code_says(name: str) -> None:
    field = NAMES[name]
    required = field.default is PydanticUndefined
    default = "required" if required else "none" if field.default is None else f"`{field.default!s}`"
    default = default.replace("`False`", "`false`")
    assert f"| `{name}` | {field.description} | {default} |" in text(PAGE)


def test_the_page_names_what_the_app_reads_of_the_platform() -> None:
    assert f"`{_APP_SERVICE_AUTHENTICATION}`" in text(PAGE)


def test_the_version_is_that_of_the_distribution() -> None:
    assert f'\nversion = "{VERSION}"\n' in text(ROOT / "pyproject.toml")


def test_no_other_variable_of_ours_is_read_or_set() -> None:
    used = {
        (str(relative(path)), name)
        for path in below("shared", "triggers", "activities", "orchestrators", "local", "function_app.py")
        for name in re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", text(path))
    }
    assert {(path, name) for path, name in used if name not in NAMES} == set()
