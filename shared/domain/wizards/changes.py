"""Summaries of edits in reviews: the labels of the fields that change, as the form shows them. Pure."""

from collections.abc import Iterable, Mapping

from pydantic.alias_generators import to_camel

from shared.domain.wizards.forms import Wizard

_RECORDED: Mapping[str, str] = {"domainJoinConfigurations": "connectionIds", "imageDisplayName": "imageId"}
"""Properties of records that follow from a field of another name."""


def labels_of(wizard: Wizard) -> Mapping[str, str]:
    """Return the labels of a wizard's fields, and the titles of its steps, by their names in a form."""
    labels = {step.name: step.title for step in wizard.steps}
    for step in wizard.steps:
        fields = step.accepts.model_fields if step.accepts else {}
        labels |= {to_camel(name): field.title for name, field in fields.items() if field.title}
    return labels


def changes(wizard: Wizard, names: Iterable[str]) -> str:
    """Return the labels of the properties that an edit changes, as a list in words; empty if there are none."""
    labels = labels_of(wizard)
    found = (labels.get(_RECORDED.get(name, name), name) for name in names)
    return ", ".join(dict.fromkeys(found))


def summary_of(wizard: Wizard, names: Iterable[str]) -> str:
    """Return the sentence on the properties that an edit changes."""
    changed = changes(wizard, names)
    return f"Changes: {changed}." if changed else "Nothing changes."
