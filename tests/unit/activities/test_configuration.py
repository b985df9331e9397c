"""The script of post-provisioning, and what is read from its output."""

import json
import re
from pathlib import Path

import pytest

from activities.configuration import warnings_of
from activities.run_commands import assemble, read_steps, script
from shared.contracts.configuration import REMOVE_LOCAL_ADMINISTRATOR, STEPS

ROOT = Path(__file__).parents[3]


def line(step: str, *, ok: bool = True, message: str = "") -> str:
    return json.dumps({"step": step, "ok": ok, "message": message})


def test_every_step_is_marked_in_order() -> None:
    assert tuple(re.findall(r"^# step: (\w+)$", assemble(STEPS), re.MULTILINE)) == STEPS


def test_only_the_requested_steps_are_in_the_script() -> None:
    assert re.findall(r"^# step: (\w+)$", assemble(("setTeamsVdiMode",)), re.MULTILINE) == ["setTeamsVdiMode"]


def test_every_script_is_used() -> None:
    kebab = {re.sub(r"([A-Z])", r"-\1", step).lower() for step in (*STEPS, REMOVE_LOCAL_ADMINISTRATOR)}
    assert {path.stem for path in (ROOT / "shared" / "scripts").glob("*.ps1")} == kebab | {"run-steps", "generalize"}


@pytest.mark.parametrize(
    "setting",
    [
        "PolicyManager\\default\\Start\\HideShutDown' 'value' 1",
        "Windows\\CurrentVersion\\Policies\\System' 'ShutDownWithoutLogon' 0",
        "'/disable'",
        "Add-LocalGroupMember",
        "Microsoft\\Teams' 'IsWVDEnvironment' 1",
        "Windows NT\\Terminal Services' 'fEnableTimeZoneRedirection' 1",
        "Resize-Partition -DriveLetter C",
        "Set-SystemPreferredUILanguage -Language $locale",
    ],
)
def test_the_script_sets_what_windows_365_sets(setting: str) -> None:
    assert setting in assemble(STEPS)


def test_braces_and_parentheses_close() -> None:
    code = re.sub(r"'[^']*'|#.*", "", assemble(STEPS))
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)


def test_the_script_fits_a_run_command() -> None:
    assert len(assemble(STEPS).encode()) < 32_000


@pytest.mark.parametrize(
    ("frame", "below"),
    [("run-steps", ""), ("frame", "probe/"), ("frame", "account/"), ("frame", "enrollment/"), ("frame", "validation/")],
)
def test_every_frame_reports_in_the_same_way(frame: str, below: str) -> None:
    source = assemble((), frame=frame, below=below)
    assert script("reporting/report") in source
    assert [name for name in ("# <steps>", "# <reporting>", "function Write-Report") if source.count(name) > 1] == []
    assert "# <" not in source


def test_a_machine_enrols_with_its_devices_credential_once_windows_is_registered() -> None:
    source = assemble(("enrollInIntune",), frame="frame", below="enrollment/")
    order = ("AzureAdJoined", "'UseAADCredentialType' -Value 2", "/AutoEnrollMDMUsingAADDeviceCredential")
    found = [source.index(each) for each in order]
    assert found == sorted(found)


def test_no_user_name_is_part_of_the_script() -> None:
    assert "param(" in script("run-steps")
    assert "$LocalAdministrator" in script("assign-local-administrator")


def test_a_successful_step_is_no_warning() -> None:
    assert warnings_of(read_steps(STEPS, "\n".join(line(step) for step in STEPS))) == ()


def test_a_failed_step_is_a_warning_with_its_message() -> None:
    (warning,) = warnings_of(
        read_steps(("setTeamsVdiMode",), line("setTeamsVdiMode", ok=False, message="access denied"))
    )
    assert (warning.step, warning.message) == ("setTeamsVdiMode", "access denied")


def test_a_step_that_reports_nothing_is_a_warning() -> None:
    assert [w.step for w in warnings_of(read_steps(STEPS[:2], line(STEPS[0])))] == [STEPS[1]]


def test_other_output_is_ignored() -> None:
    assert warnings_of(read_steps(STEPS[:1], f"WARNING: something\n[1,2]\n{line(STEPS[0])}\n42")) == ()


def test_only_steps_that_ran_give_warnings() -> None:
    output = f"{line('setTeamsVdiMode', ok=False, message='of another run')}\n{line(STEPS[0])}"
    assert warnings_of(read_steps(STEPS[:1], output)) == ()


def test_nothing_outside_the_steps_reports() -> None:
    """What reports under a name that is no step could never be run again, and its warning never be cured."""
    written = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "shared" / "scripts").glob("*.ps1")}
    assert [name for name, source in written.items() if "Write-Report" in source] == []
    assert "Write-Report" not in assemble((), frame="run-steps").replace(script("reporting/report"), "")
