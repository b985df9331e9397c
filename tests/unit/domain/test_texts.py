"""Characters allowed in texts that people write."""

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain.spot.hosts.sessions import Notice
from shared.domain.values import Value
from shared.domain.wizards import (
    create_image_set,
    create_image_version,
    create_provisioning_policy,
    edit_image_set,
    edit_spot_group,
    spot_group_steps,
    update_spot_group,
)
from shared.services.spot.image_sets import ImageSetEdit
from shared.services.spot.image_versions import VersionEdit

MODULES = (
    create_image_set,
    create_image_version,
    create_provisioning_policy,
    edit_image_set,
    edit_spot_group,
    spot_group_steps,
    update_spot_group,
)
FORMS: list[type[Value]] = [
    each
    for module in MODULES
    for name, each in vars(module).items()
    if name.endswith("Step") and isinstance(each, type) and issubclass(each, Value)
]
FORMS += [Notice, ImageSetEdit, VersionEdit]
TEXTS: dict[str, Any] = {
    f"{form.__name__}.{name}": Annotated[field.annotation, "a text", *field.metadata]
    for form in FORMS
    for name, field in form.model_fields.items()
    if name in {"description", "notes", "title", "body"}
}


def test_the_forms_have_such_texts() -> None:
    assert len(TEXTS) >= 12


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_text_has_lines_and_no_other_control_characters(name: str) -> None:
    text: TypeAdapter[Any] = TypeAdapter(TEXTS[name])
    assert text.validate_python("One\r\n\tanother: é 漢") == "One\r\n\tanother: é 漢"
    for wrong in ("a\x00b", "\x1b[31m", "\x7f", "\x9b"):
        with pytest.raises(ValidationError, match="control characters"):
            text.validate_python(wrong)
