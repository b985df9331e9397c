"""The script of post-provisioning, and what is read from its output."""

import json
import re
from typing import Any

import pytest

from activities.machines.run_commands import assemble, begin_run_command, harmless, read_steps, script
from activities.machines.scripts import warnings_of, windows_account
from shared.contracts.outcomes import DeclinedError
from shared.domain.cloud_pcs.windows_steps import LEAVE_SERVICE, REMOVE_LOCAL_ADMINISTRATOR, STEPS
from shared.domain.policies.configuration import SecurityDefaults
from tests.house.tree import ROOT, below, text


def line(step: str, *, ok: bool = True, message: str = "") -> str:
    return json.dumps({"step": step, "ok": ok, "message": message})


MACHINE: Any = None


@pytest.mark.parametrize(
    "value",
    ["", "AzureAD\\ada.l-x_1@contoso.example", "OU=Cloud PCs,DC=corp,DC=example", "2026-01-31T08:00:00.1+00:00", "Ådå"],
)
def test_what_accounts_units_and_times_are_written_with_reaches_a_script(value: str) -> None:
    assert harmless(value)


@pytest.mark.parametrize("odd", list("'\"`$;|&(){}[]<>#%^~!?*/\n\r\t\0\u2018\u201c\u00a0\u2028"), ids=ascii)
async def test_what_a_shell_reads_does_not(odd: str) -> None:
    with pytest.raises(DeclinedError, match="User: has characters that are not passed to scripts"):
        await begin_run_command(MACHINE, "x", "", {"User": f"ada{odd}"})


async def test_a_password_has_no_control_character() -> None:
    with pytest.raises(DeclinedError, match="Password"):
        await begin_run_command(MACHINE, "x", "", {}, secrets={"Password": "a\nb"})


def test_every_step_is_marked_in_order() -> None:
    assert tuple(re.findall(r"^# step: (\w+)$", assemble(STEPS), re.MULTILINE)) == STEPS


def test_only_the_requested_steps_are_in_the_script() -> None:
    assert re.findall(r"^# step: (\w+)$", assemble(("setTeamsVdiMode",)), re.MULTILINE) == ["setTeamsVdiMode"]


def scripts_in(folder: str) -> dict[str, str]:
    """Return the scripts of a folder, not of those below it: name -> source."""
    return {each.stem: text(each) for each in below(folder, suffix=".ps1") if each.parent == ROOT / folder}


def test_every_script_is_used() -> None:
    kebab = {re.sub(r"([A-Z])", r"-\1", step).lower() for step in (*STEPS, LEAVE_SERVICE, REMOVE_LOCAL_ADMINISTRATOR)}
    assert scripts_in("shared/scripts").keys() == kebab | {"run-steps", "generalize"}


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
        "Set-Value $deviceGuard 'EnableVirtualizationBasedSecurity' 1",
        "Set-Value $deviceGuard 'HypervisorEnforcedCodeIntegrity' 2",
        "Set-Value $deviceGuard 'LsaCfgFlags' 2",
        "Set-SystemPreferredUILanguage -Language $locale",
    ],
)
def test_the_script_sets_what_windows_365_sets(setting: str) -> None:
    assert setting in assemble(STEPS)


def test_windows_refuses_each_redirection_that_is_not_allowed() -> None:
    source = script("set-redirections")
    refused = dict(re.findall(r"'(fDisable\w+)' \(\[int\]\(\$allowed -notcontains '(\w+)'\)\)", source))
    everything = SecurityDefaults(clipboard=True, drives=True, printers=True, usb_devices=True)

    assert refused == {
        "fDisableClip": "clipboard",
        "fDisableCdm": "drives",
        "fDisableCpm": "printers",
        "fDisablePNPRedir": "usb",
    }
    assert (set(everything.redirections), SecurityDefaults().redirections) == (set(refused.values()), ())


def test_braces_and_parentheses_close() -> None:
    code = re.sub(r"'[^']*'|#.*", "", assemble(STEPS))
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)


def test_the_script_fits_a_run_command() -> None:
    assert len(assemble(STEPS).encode()) < 32_000


@pytest.mark.parametrize(
    ("frame", "below"),
    [
        ("run-steps", ""),
        ("frame", "probe/"),
        ("frame", "account/"),
        ("frame", "enrollment/"),
        ("frame", "validation/"),
        ("frame", "host/"),
    ],
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


@pytest.mark.parametrize(
    ("account", "named"),
    [
        pytest.param(
            "73d664e4-0886-4a73-b745-c694da45ddb4",
            "S-1-12-1-1943430372-1249052806-2496021943-3034400218",
            id="object-id-of-Microsoft-Entra-ID",
        ),
        pytest.param("u07@corp.contoso.example", "u07@corp.contoso.example", id="name-in-a-domain"),
        pytest.param(
            "AzureAD\\user07@contoso.example", "AzureAD\\user07@contoso.example", id="order-of-an-earlier-release"
        ),
        pytest.param("", "", id="none"),
    ],
)
def test_an_account_in_microsoft_entra_id_is_given_by_its_security_identifier(account: str, named: str) -> None:
    assert windows_account(account) == named
    assert harmless(named)


def test_a_report_is_ascii_and_no_longer_than_its_share() -> None:
    report = script("reporting/report")
    assert "[^\\x00-\\x7f]" in report
    assert "$text.Substring" not in report


def test_a_message_beyond_ascii_is_read_from_its_escapes() -> None:
    (warning,) = warnings_of(
        read_steps(("setLocale",), line("setLocale", ok=False, message="Der Zugriff wurde verweigert: Größe"))
    )
    assert warning.message == "Der Zugriff wurde verweigert: Größe"


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
    """Work that reports under a name that is no step could never be run again, and its warning never be cured."""
    assert [name for name, source in scripts_in("shared/scripts").items() if "Write-Report" in source] == []
    assert "Write-Report" not in assemble((), frame="run-steps").replace(script("reporting/report"), "")
