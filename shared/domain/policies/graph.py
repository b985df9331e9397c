"""The properties of Graph's cloudPcProvisioningPolicy that can be set (docs/notes/windows365.md 1.4), a row each.

*domainJoinConfigurations* has no row: its connections are looked up, and any of them may be used.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, with_config
from typing_extensions import TypedDict

from shared.domain.graph_property import Property
from shared.domain.policies.configuration import DEDICATED, ShutDownAction, dedicated
from shared.domain.values import Word

LOCAL_ADMIN = "localAdminEnabled"

SECURITY_DEFAULTS = "@deskwright.securityDefaults"
"""Graph has no such property: Windows 365 sets its defaults on every Cloud PC."""

POWER_SCHEDULE = "@deskwright.powerScheduleId"
"""Nor this: Windows 365 has no schedules."""

SHUT_DOWN_ACTION = "@deskwright.shutDownAction"
"""Nor this: a Cloud PC of Windows 365 costs the same on and off."""

SCRIPTS = "@deskwright.scripts"
"""Nor this: Intune's scripts and apps reach a device some time after its enrolment, in no order."""


IMAGE_RINGS = "@deskwright.imageRings"
"""Nor this: Windows 365 rebuilds nobody's Cloud PC by itself."""


@with_config(ConfigDict(extra="forbid"))
class WindowsSettingView(TypedDict):
    """Graph's cloudPcWindowsSetting."""

    locale: Word


PROPERTIES = (
    Property("displayName", "detail", "display_name", searched=True),
    Property("description", "detail", "description", cleared="", searched=True),
    Property("imageType", "image", "image_type", absent="gallery"),
    Property("imageId", "image", "image_id"),
    Property("windowsSetting", "configuration", "locale", inside="locale", shape=WindowsSettingView, rebuilt=True),
    Property(LOCAL_ADMIN, "configuration", "local_admin_enabled", rebuilt=True),
    Property("enableSingleSignOn", "configuration", "enable_single_sign_on", absent=False, rebuilt=True),
    Property(SECURITY_DEFAULTS, "configuration", "security_defaults", rebuilt=True),
    Property("cloudPcNamingTemplate", "configuration", "naming_template", rebuilt=True),
    # A time in the record: no machine depends on it, and nothing has to be rebuilt for it.
    Property("gracePeriodInHours", "configuration", "grace_period_in_hours", decided=True),
    # Looked up in the policy at each look at a Cloud PC's power: it reaches those that are there.
    Property(POWER_SCHEDULE, "configuration", "power_schedule_id"),
    Property(SHUT_DOWN_ACTION, "configuration", "shut_down_action", cleared=ShutDownAction.DEALLOCATE),
    # Drift compares what the machine has run: ``planning/drift.py``.
    Property(SCRIPTS, "configuration", "scripts", cleared=(), listed=False),
    # Looked up in the policy at each look at its month.
    Property(IMAGE_RINGS, "configuration", "image_rings", listed=False),
    Property(
        "provisioningType",
        "configuration",
        "provisioning_type",
        cleared=DEDICATED,
        shape=Annotated[Literal["dedicated"], BeforeValidator(dedicated)],
    ),
)
