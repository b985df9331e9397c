"""`/applications/{id}/federatedIdentityCredentials`: whose tokens are exchanged for the application's own.

Sources: learn.microsoft.com/graph/api/application-{list,post}-federatedidentitycredentials,
/graph/api/federatedidentitycredential-{get,update,delete}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.protocol import pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import credentials
from azure_simulator.graph.resources.applications import READ_ROLES, WRITE_ROLES, check_owned, find

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_KIND = "federatedIdentityCredential"
_LIST = "/applications/{id}/federatedIdentityCredentials"
_ITEM = f"{_LIST}/{{credential}}"


def _what(app: Doc) -> str:
    return f"applications('{app['id']}')/federatedIdentityCredentials"


@operation("federatedCredential.list", "GET", _LIST, roles=READ_ROLES)
def list_credentials(call: Call) -> Answer:
    """Answer with the credentials of an application."""
    app, options = find(call), queries.read_options(call, _KIND)
    return pages.page(
        call, app["_federated"], options, lambda doc: projection.select(_KIND, doc, options.select), _what(app)
    )


@operation("federatedCredential.get", "GET", _ITEM, roles=READ_ROLES)
def get_credential(call: Call) -> Answer:
    """Answer one, by its id or its name."""
    app, wanted = find(call), queries.read_select(call, _KIND)
    shown = projection.select(_KIND, credentials.federated_of(call, app), wanted)
    return Answer({"@odata.context": pages.context(call, f"{_what(app)}/$entity"), **shown})


@operation("federatedCredential.create", "POST", _LIST, roles=WRITE_ROLES)
def create_credential(call: Call) -> Answer:
    """Add one; name, and issuer with subject, are unique in the application."""
    app = find(call)
    check_owned(call, [app["id"]])
    made = credentials.change_federated(call, app, None)
    return Answer({"@odata.context": pages.context(call, f"{_what(app)}/$entity"), **made}, 201)


@operation("federatedCredential.update", "PATCH", _ITEM, roles=WRITE_ROLES)
def update_credential(call: Call) -> Answer:
    """Change one; its name stays."""
    app = find(call)
    check_owned(call, [app["id"]])
    credentials.change_federated(call, app, credentials.federated_of(call, app))
    return Answer(status=204)


@operation("federatedCredential.delete", "DELETE", _ITEM, roles=WRITE_ROLES)
def delete_credential(call: Call) -> Answer:
    """Remove one."""
    app = find(call)
    check_owned(call, [app["id"]])
    gone = credentials.federated_of(call, app)
    credentials.keep_federated(call, app, [each for each in app["_federated"] if each["id"] != gone["id"]])
    return Answer(status=204)
