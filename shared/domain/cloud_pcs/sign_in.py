"""How a user signs in: what an administrator passes on (docs/notes/windows365.md 2.5). No password is made."""

from __future__ import annotations

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.values import Value

ADDRESS = "https://windows.cloud.microsoft"


class SignInDetails(Value):
    """Where, with which account, to which computer; *text* is a message with all of it."""

    address: str
    user_name: str
    computer_name: str
    text: str


def sign_in_details(pc: CloudPc) -> SignInDetails:
    """Return how the user of *pc* signs in."""
    user, computer = pc.user, pc.current.resources.computer_name or ""
    name = user.display_name or user.user_principal_name
    text = (
        f"Hello {name},\n\nyour Cloud PC {pc.display_name} is ready. Open {ADDRESS} in a browser, or the Windows App, "
        f"and sign in as {user.user_principal_name} with your usual password. Its computer name is {computer}.\n"
    )
    return SignInDetails(address=ADDRESS, user_name=user.user_principal_name, computer_name=computer, text=text)
