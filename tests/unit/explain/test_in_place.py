"""Settings of a policy that reach a Cloud PC without a rebuild: the steps, and the snapshot afterwards."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.planning.in_place import SettingInPlace, WantedSettings, applied, changes_in_place
from shared.domain.policies.configuration import SecurityDefaults
from shared.domain.policies.policy import BuiltScript, Snapshot
from tests.integration import things

ADMINISTRATOR, STANDARD = "assignLocalAdministrator", "removeLocalAdministrator"
REDIRECTED, PROTECTED = "setRedirections", "enableVirtualizationBasedSecurity"
OPEN = SecurityDefaults(virtualization_based_security=False)


def script(name: str, version: int = 1) -> BuiltScript:
    return BuiltScript(script_id=name, display_name=name.title(), version=version, digest=f"{name}-{version}")


def wanted(built: Snapshot, scripts: tuple[BuiltScript, ...] | None = (), **configuration: Any) -> WantedSettings:
    return WantedSettings(configuration=built.configuration.but(**configuration), scripts=scripts)


@pytest.mark.parametrize(
    ("has", "wants", "steps"),
    [
        ({}, {}, ()),
        ({}, {"locale": "de-DE", "enable_single_sign_on": False, "naming_template": "PC-%RAND:6%"}, ()),
        ({}, {"local_admin_enabled": True}, (ADMINISTRATOR,)),
        ({"local_admin_enabled": True}, {"local_admin_enabled": False}, (STANDARD,)),
        ({}, {"security_defaults": SecurityDefaults(drives=True)}, (REDIRECTED,)),
        (
            {"security_defaults": SecurityDefaults(drives=True)},
            {"security_defaults": SecurityDefaults()},
            (REDIRECTED,),
        ),
        ({"security_defaults": OPEN}, {"security_defaults": SecurityDefaults()}, (PROTECTED,)),
        (
            {"security_defaults": OPEN},
            {"security_defaults": SecurityDefaults(usb_devices=True)},
            (REDIRECTED, PROTECTED),
        ),
        ({"security_defaults": OPEN}, {"security_defaults": OPEN.but(printers=True)}, (REDIRECTED,)),
        ({}, {"security_defaults": OPEN}, ()),  # nothing turns it off
    ],
    ids=str,
)
def test_a_setting_is_brought_by_its_steps(has: dict[str, Any], wants: dict[str, Any], steps: tuple[str, ...]) -> None:
    built = things.snapshot(**has)
    found = changes_in_place(built, wanted(built, **wants))
    assert tuple(step for change in found for step in change.steps) == steps


@pytest.mark.parametrize(
    ("ran", "today", "run"),
    [
        ((), (script("app"),), ("app-1",)),
        ((script("app"),), (script("app", 2), script("clock")), ("app-2", "clock-1")),
        ((script("app"), script("clock")), (script("clock"), script("app")), ()),  # in another order: noted
        ((script("app"),), (), None),  # nothing takes an app away
        ((script("app"),), None, None),  # one of them is gone
        ((script("app"),), (script("app"),), None),
    ],
    ids=str,
)
def test_scripts_that_are_new_run_and_others_do_not(
    ran: tuple[BuiltScript, ...], today: tuple[BuiltScript, ...] | None, run: tuple[str, ...] | None
) -> None:
    built = things.snapshot().but(built_scripts=ran)
    found = changes_in_place(built, wanted(built, today))
    assert [tuple(each.digest for each in change.scripts) for change in found] == ([] if run is None else [run])
    if run is not None:
        assert applied(built, wanted(built, today), ()).built_scripts == today


def test_a_script_that_fails_leaves_the_version_that_ran() -> None:
    built = things.snapshot().but(built_scripts=(script("app"),))
    today = (script("clock"), script("app", 2))
    assert applied(built, wanted(built, today), {"App"}).built_scripts == (script("clock"), script("app"))
    assert applied(built, wanted(built, today), {"Clock", "App"}) == built


def test_only_the_named_settings_change() -> None:
    built = things.snapshot()
    both = wanted(built, local_admin_enabled=True, security_defaults=SecurityDefaults(drives=True))
    one = both.but(only=(SettingInPlace.SECURITY_DEFAULTS,))
    assert [each.name for each in changes_in_place(built, one)] == [SettingInPlace.SECURITY_DEFAULTS]
    assert applied(built, one, ()).configuration.local_admin_enabled is False


SECURITIES = st.builds(SecurityDefaults, *[], **{name: st.booleans() for name in SecurityDefaults.model_fields})
SCRIPTS = st.lists(
    st.builds(script, st.sampled_from(["app", "clock", "fonts"]), st.integers(1, 3)),
    max_size=3,
    unique_by=lambda each: each.script_id,
).map(tuple)
CONFIGURATIONS = st.fixed_dictionaries({"local_admin_enabled": st.booleans(), "security_defaults": SECURITIES})


@given(has=CONFIGURATIONS, ran=SCRIPTS, wants=CONFIGURATIONS, today=SCRIPTS, data=st.data())
def test_afterwards_exactly_the_failed_settings_differ(
    has: dict[str, Any], ran: tuple[BuiltScript, ...], wants: dict[str, Any], today: Any, data: st.DataObject
) -> None:
    built = things.snapshot(**has).but(built_scripts=ran)
    settings = wanted(built, today, **wants)
    changes = changes_in_place(built, settings)
    parts = [*(step for each in changes for step in each.steps)]
    parts += [each.display_name for change in changes for each in change.scripts]
    failed = data.draw(st.sets(st.sampled_from(parts))) if parts else set()
    after = applied(built, settings, failed)
    left = changes_in_place(after, settings)
    assert {part for each in left for part in (*each.steps, *(one.display_name for one in each.scripts))} >= failed
    assert {each.name for each in left} == {
        each.name for each in changes if each.failed(failed) or any(one.display_name in failed for one in each.scripts)
    }
    assert applied(after, settings, failed) == after
    assert not changes_in_place(applied(after, settings, ()), settings)
