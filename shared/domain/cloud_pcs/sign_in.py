"""How a user signs in: what an administrator passes on (docs/notes/windows365.md 2.5). No password is made. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.values import Value

ADDRESS = "https://windows.cloud.microsoft"
"""The page with all desktops of whoever signs in."""


class PublishedDesktop(Value):
    """A desktop as Azure Virtual Desktop publishes it: object ids of its workspace, its own, and its directory's id."""

    workspace_id: str
    resource_id: str
    directory_id: str

    @property
    def address(self) -> str:
        """The link that opens it in a browser (learn.microsoft.com/windows-app/direct-launch-urls)."""
        return f"{ADDRESS}/webclient/avd/{self.workspace_id}/{self.resource_id}?tenant={self.directory_id}"

    def app_address(self, user_name: str) -> str:
        """Return the link that opens it in the Windows App (learn.microsoft.com/azure/virtual-desktop/uri-scheme)."""
        named = {"workspaceid": self.workspace_id, "resourceid": self.resource_id, "username": user_name, "version": 0}
        return f"ms-avd:connect?{urlencode(named, quote_via=quote, safe='@')}"


class SignInDetails(Value):
    """Where, with which account, to which computer; *text* is a message with all of it.

    *address*: opens the desktop in a browser, or the page of the user's desktops where which one it is cannot be said.
    *app_address*: opens the desktop in the Windows App; None where which one it is cannot be said.
    """

    address: str
    app_address: str | None = None
    user_name: str
    computer_name: str
    text: str


def sign_in_details(pc: CloudPc, desktop: PublishedDesktop | None = None) -> SignInDetails:
    """Return how the user of *pc* signs in. *desktop*: the Cloud PC as it is published; None: it is not known."""
    user, computer = pc.user, pc.current.resources.computer_name or ""
    name = user.display_name or user.user_principal_name
    address = desktop.address if desktop else ADDRESS
    text = (
        f"Hello {name},\n\nyour Cloud PC {pc.display_name} is ready. Open {address} in a browser, or the Windows App, "
        f"and sign in as {user.user_principal_name} with your usual password. Its computer name is {computer}.\n"
    )
    return SignInDetails(
        address=address,
        app_address=desktop.app_address(user.user_principal_name) if desktop else None,
        user_name=user.user_principal_name,
        computer_name=computer,
        text=text,
    )
