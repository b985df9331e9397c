"""Story of running post-provisioning steps again."""

from __future__ import annotations

import pytest

from shared.contracts.outcomes import Done
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    PROVISION,
    READ_CONFIGURATION,
    RECORD_RERUN,
    RERUN_STEPS,
    ConfigurationOrder,
    Configured,
    RerunOrder,
    configuration_for,
)
from shared.domain.cloud_pcs.build import Warn
from shared.domain.planning.in_place import WantedSettings
from tests.stories.people import ALL_WELL
from tests.stories.people import ORDER as PROVISION_ORDER
from tests.stories.tell import tell

ORDER = RerunOrder(
    generation=1,
    operation_id="op-1",
    configuration=ConfigurationOrder(machine=PROVISION_ORDER.machine("westeurope"), steps=("disableWindowsReset",)),
)


def test_only_the_asked_steps_run_and_their_outcome_is_recorded() -> None:
    story = tell(RERUN_STEPS, ORDER, {**ALL_WELL, RECORD_RERUN: Done()})

    assert story.last(READ_CONFIGURATION)["steps"] == ["disableWindowsReset"]
    assert story.last(RECORD_RERUN)["steps"] == ["disableWindowsReset"]
    assert "warnings" not in story.last(RECORD_RERUN) or not story.last(RECORD_RERUN)["warnings"]


def test_a_step_that_fails_again_stays_a_warning() -> None:
    still = Configured(warnings=(Warn(step="disableWindowsReset", message="access denied"),))
    story = tell(RERUN_STEPS, ORDER, {**ALL_WELL, READ_CONFIGURATION: still, RECORD_RERUN: Done()})

    assert [w["step"] for w in story.last(RECORD_RERUN)["warnings"]] == ["disableWindowsReset"]


def test_the_settings_that_the_steps_bring_are_recorded_with_them() -> None:
    wanted = WantedSettings(configuration=PROVISION_ORDER.snapshot.configuration)
    story = tell(RERUN_STEPS, ORDER.but(wanted=wanted), {**ALL_WELL, RECORD_RERUN: Done()})
    assert story.last(RECORD_RERUN)["wanted"] == wanted.to_json()
    assert "wanted" not in tell(RERUN_STEPS, ORDER, {**ALL_WELL, RECORD_RERUN: Done()}).last(RECORD_RERUN)


@pytest.mark.parametrize("administrator", [True, False])
def test_steps_that_run_again_have_every_argument_of_the_build(*, administrator: bool) -> None:
    snapshot = PROVISION_ORDER.snapshot.but(local_admin_enabled=administrator)
    built = tell(PROVISION, PROVISION_ORDER.but(snapshot=snapshot), ALL_WELL).last(BEGIN_CONFIGURATION)
    again = configuration_for(PROVISION_ORDER.machine("westeurope"), PROVISION_ORDER.user, snapshot, ("setLocale",))
    assert again.but(steps=tuple(built["steps"])).to_json() == built
    assert again.model_fields_set == set(ConfigurationOrder.model_fields)
    assert ("assignLocalAdministrator" in built["steps"]) is administrator
