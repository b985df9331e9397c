"""Simulated Azure Communication Services: mail that is handed over, and its long-running operation.

`sent` is the state, also of mail that Graph sends; `communication` answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.mail.communication import ROUTES, MailPlane
from azure_simulator.mail.sent import STATE, Sent, sent

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World


def install(cloud: Cloud) -> None:
    """Serve `/emails:send` and `/emails/operations`."""
    cloud.plane(MailPlane())
    cloud.state(STATE, Sent)
    shape: Shape = {"denied": bool, "domains": [str], "fails": [str], "mailboxes": [str]}
    cloud.setting(
        "mail", shape, "Mail: denied (no role), domains (linked), fails (receivers), mailboxes (of Graph; all users)"
    )
    cloud.view("mail", show)
    cloud.add(ROUTES)


def show(world: World, query: dict[str, str]) -> Json:
    """Show the mail that was handed over, oldest first."""
    del query
    return {"value": [each.view() for each in sent(world).mails.values()]}
