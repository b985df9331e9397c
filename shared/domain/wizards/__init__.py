"""The wizards: their pages in order, the errors of a form, and the forecast of saving it. Pure."""

from shared.domain.wizards.create_connection import CREATE_CONNECTION
from shared.domain.wizards.create_device_image import CREATE_DEVICE_IMAGE
from shared.domain.wizards.create_image_set import CREATE_IMAGE_SET
from shared.domain.wizards.create_image_version import CREATE_IMAGE_VERSION
from shared.domain.wizards.create_provisioning_policy import CREATE_PROVISIONING_POLICY
from shared.domain.wizards.create_spot_group import CREATE_SPOT_GROUP
from shared.domain.wizards.edit_image_set import EDIT_IMAGE_SET
from shared.domain.wizards.edit_spot_group import EDIT_SPOT_GROUP
from shared.domain.wizards.edits import EDIT_CONNECTION, EDIT_PROVISIONING_POLICY
from shared.domain.wizards.forms import Wizard
from shared.domain.wizards.places import CREATE_SITE, EDIT_SITE, EDIT_TENANT
from shared.domain.wizards.update_spot_group import UPDATE_SPOT_GROUP

WIZARDS: dict[str, Wizard] = {
    wizard.name: wizard
    for wizard in (
        CREATE_CONNECTION,
        CREATE_DEVICE_IMAGE,
        CREATE_PROVISIONING_POLICY,
        CREATE_IMAGE_SET,
        CREATE_IMAGE_VERSION,
        EDIT_IMAGE_SET,
        CREATE_SPOT_GROUP,
        EDIT_SPOT_GROUP,
        UPDATE_SPOT_GROUP,
        EDIT_CONNECTION,
        EDIT_PROVISIONING_POLICY,
        CREATE_SITE,
        EDIT_SITE,
        EDIT_TENANT,
    )
}

__all__ = ["WIZARDS", "Wizard"]
