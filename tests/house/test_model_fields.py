"""Every field of a stored model is written somewhere in the app, and read somewhere: by its name, in the app's code.

A field that nothing writes says its default for ever; one that nothing reads is stored for nobody.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator

from pydantic import BaseModel

from shared.domain.health.report import HealthThresholds
from shared.domain.notices.personal import QuietHours
from shared.domain.policies.maintenance_window import MaintenanceSchedule
from shared.domain.spot.groups.group import Redirections
from shared.domain.values import Value
from shared.domain.wizards.spot_group_steps import SpotGroupFacts
from shared.storage.repository import Shape
from tests.house.tree import APP_LAYERS, below, parsed
from tests.walking import modules, subclasses

BY_CALLERS = "a caller writes it: requests are read into the model as a whole"
FROM_A_STEP = "spread from the step of the wizard that has it"
AS_A_WHOLE = "the API answers with the model as a whole"
WRITTEN_OTHERWISE = {
    **{("HealthThresholds", name): BY_CALLERS for name in HealthThresholds.model_fields},
    **{("MaintenanceSchedule", name): BY_CALLERS for name in MaintenanceSchedule.model_fields},
    **{("QuietHours", name): BY_CALLERS for name in QuietHours.model_fields},
    ("PersonalNotices", "quiet_hours"): BY_CALLERS,
    ("CloudPcMaintenanceWindow", "notification_lead_time_in_minutes"): BY_CALLERS,
    ("AlertRule", "notification_channels"): BY_CALLERS,
    ("AlertThreshold", "operator"): BY_CALLERS,
    ("NotificationChannel", "notification_receivers"): BY_CALLERS,
    ("NotificationReceiver", "contact_information"): BY_CALLERS,
    ("MailSettings", "sender"): BY_CALLERS,
    ("MailSettings", "receivers"): BY_CALLERS,
    ("Network", "virtual_network_id"): BY_CALLERS,
    ("UserSetting", "self_service_enabled"): BY_CALLERS,
    ("UserSetting", "reset_enabled"): BY_CALLERS,
    ("RestorePointSetting", "frequency_type"): BY_CALLERS,
    ("RestorePointSetting", "user_restore_enabled"): BY_CALLERS,
    ("UserSetting", "restore_point_setting"): BY_CALLERS,
    ("Domain", "ad_domain_name"): FROM_A_STEP,
    ("Domain", "ad_domain_username"): FROM_A_STEP,
    ("Domain", "organizational_unit"): FROM_A_STEP,
    ("SpotGroup", "friendly_name"): FROM_A_STEP,
    ("SpotRelease", "sign_off_after_in_minutes"): FROM_A_STEP,
    ("SpotRelease", "during_maintenance_window"): FROM_A_STEP,
}
READ_OTHERWISE = {
    ("AlertThreshold", "aggregation"): AS_A_WHOLE,
    ("CloudPcMaintenanceWindow", "notification_lead_time_in_minutes"): AS_A_WHOLE,
    ("Missing", "needed_by"): AS_A_WHOLE,
    ("SpotMember", "changed_date_time"): "for whoever reads the table: since when a member has their status",
    ("SpotGroupState", "spare_seats"): "for whoever reads the table: how many seats the engine keeps free",
}


def used_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that the app's code gives values to, and those that it reads, of whatever object."""
    written, read = set[str](), set[str]()
    for path in below(*APP_LAYERS):
        for node in ast.walk(parsed(path)):
            match node:
                case ast.Call(func=ast.Name(id="Property"), args=[_, _, ast.Constant(value=str(name)), *_]):
                    read.add(name)  # a row of Graph's properties, which shows it
                case ast.Call(keywords=given):
                    written |= {each.arg for each in given if each.arg}
                case ast.Dict(keys=keys):
                    written |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                case ast.Subscript(slice=ast.Constant(value=str(name))):
                    written.add(name)
                    read.add(name)
                case ast.Attribute(attr=name):
                    read.add(name)
                case _:
                    pass
    return frozenset(written), frozenset(read)


def models() -> Iterator[type[BaseModel]]:
    """Yield the models that are stored, those within them, and the facts of the wizard of Spot Groups."""
    found: list[type[BaseModel]] = [SpotGroupFacts]
    for module in modules("shared.storage"):
        found += [each.model for each in vars(module).values() if isinstance(each, Shape)]
    seen = set[type[BaseModel]]()
    while found:
        model = found.pop()
        if model not in seen:
            seen.add(model)
            found += [each for field in model.model_fields.values() for each in within(field.annotation)]
            yield model


def within(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names.

    A model whose annotation names a class that is declared further down would be seen only after its first use.
    """
    assert not isinstance(annotation, typing.ForwardRef), f"declare {annotation} before the model that has it"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in typing.get_args(annotation):
        yield from within(each)


def unused(*, written: bool) -> set[tuple[str, str]]:
    """Return the fields that no code writes, or else reads.

    Values with a title on some field are the steps of forms, which callers fill.
    """
    by_code = used_names()[0 if written else 1]
    return {
        (model.__name__, name)
        for model in models()
        if not (written and any(field.title for field in model.model_fields.values()))
        for name in model.model_fields
        if name not in by_code
    }


def test_every_field_is_written_somewhere() -> None:
    assert unused(written=True) == set(WRITTEN_OTHERWISE)


def test_every_field_is_read_somewhere() -> None:
    """The redirections are read one after the other, by their names in the properties of a connection."""
    redirections = {("Redirections", name) for name in Redirections.model_fields}
    assert unused(written=False) - redirections == set(READ_OTHERWISE)


def test_what_may_be_absent_has_a_default() -> None:
    """``Value.to_json`` leaves None out: who reads the JSON could not read it without a default."""
    values = {each for each in subclasses(Value) if each.__module__.startswith("shared.")}
    assert len(values) > 300
    unreadable = {
        (value.__name__, name)
        for value in values
        for name, field in value.model_fields.items()
        if field.is_required() and type(None) in typing.get_args(field.annotation)
    }
    assert unreadable == set()
