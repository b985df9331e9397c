"""Sign-in details of a user, given by an administrator (docs/notes/windows365.md 2.5). No password is made. Pure."""

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
    """Address, account and computer of a sign-in; *text* is a message with all of it.

    *address*: opens the desktop in a browser, or the page of the user's desktops where which one it is cannot be said.
    *app_address*: opens the desktop in the Windows App; None where which one it is cannot be said.
    """

    address: str
    app_address: str | None = None
    user_name: str
    computer_name: str
    text: str


def sign_in_details(pc: CloudPc, desktop: PublishedDesktop | None = None) -> SignInDetails:
    """Return the sign-in details of *pc* for its user. *desktop*: the published Cloud PC; None: it is not known."""
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


class DesktopSignIn(Value):
    """Instructions for users of a Spot Group to sign in; *text* is a message with all of it.

    *address*: opens the desktop in a browser, or the page of the user's desktops where Azure does not say which one it
    is. *app_address*: opens it in the Windows App; None where that is not known, or no member was named.
    *user_name*: the member's; None: the message is for everybody.
    """

    address: str
    app_address: str | None = None
    user_name: str | None = None
    text: str


def desktop_sign_in(
    desktop_name: str, desktop: PublishedDesktop | None, user_name: str | None = None, display_name: str = ""
) -> DesktopSignIn:
    """Return the sign-in details of a member of a Spot Group, or those for all where none is named."""
    address = desktop.address if desktop else ADDRESS
    greeting = f"Hello {display_name or user_name}" if user_name else "Hello"
    account = f"as {user_name} with your usual password" if user_name else "with your usual account"
    text = (
        f"{greeting},\n\nyour desktop {desktop_name} is ready. Open {address} in a browser, or the Windows App, and "
        f"sign in {account}. The first sign-in of a day may take some minutes while a machine starts.\n"
    )
    return DesktopSignIn(
        address=address,
        app_address=desktop.app_address(user_name) if desktop and user_name else None,
        user_name=user_name,
        text=text,
    )
