"""From the directory's words to ours: who a user is, and which Cloud PC licences he holds."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.cloud_pc import User
from shared.domain.directory import DirectoryUser
from shared.domain.service_plan import ServicePlan


def person(user: DirectoryUser) -> User:
    """Return the user as a Cloud PC's record keeps him."""
    return User(
        id=user.id,
        user_principal_name=user.user_principal_name,
        display_name=user.display_name,
        on_premises_user_principal_name=user.on_premises_user_principal_name,
        account_enabled=user.account_enabled,
    )


def plans_of(user: DirectoryUser, known: Mapping[str, ServicePlan]) -> tuple[ServicePlan, ...]:
    """Return the service plans of the licences a user holds, each once; *known* maps skuIds to them."""
    return tuple(known[sku_id] for sku_id in dict.fromkeys(user.sku_ids) if sku_id in known)
