"""The wizards: their pages in order, the errors of a form, and what saving it would do. Pure."""

from shared.domain.wizards.create_connection import CREATE_CONNECTION
from shared.domain.wizards.create_device_image import CREATE_DEVICE_IMAGE
from shared.domain.wizards.create_provisioning_policy import CREATE_PROVISIONING_POLICY
from shared.domain.wizards.forms import Wizard

WIZARDS: dict[str, Wizard] = {
    wizard.name: wizard for wizard in (CREATE_CONNECTION, CREATE_DEVICE_IMAGE, CREATE_PROVISIONING_POLICY)
}

__all__ = ["CREATE_CONNECTION", "CREATE_DEVICE_IMAGE", "CREATE_PROVISIONING_POLICY", "WIZARDS", "Wizard"]
