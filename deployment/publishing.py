"""One Deploy of Flex Consumption: the package goes to the app's deployment site, which builds and starts it.

Sources: https://learn.microsoft.com/azure/azure-functions/functions-deployment-technologies#one-deploy; the answers
are read as azd reads them (Azure/azure-dev, `funcapp_host_client.go`).
"""

from deployment.clients import Client, DeploymentError, Json, RefusedError

_STATES = {-1: "cancelled", 0: "pending", 1: "building", 2: "deploying", 3: "failed", 4: "succeeded", 5: "conflict"}
_UNDER_WAY = frozenset({0, 1, 2})
_SUCCEEDED = 4
_NOT_THERE_YET = 3
_POLL_S = 1.0


def publish(site: Client, package: bytes) -> Json:
    """Publish a package and wait until it runs; return the deployment as the site shows it.

    Raises:
        DeploymentError: the build or the start failed, or another deployment came in between.
    """
    begun = site.send(
        "POST", "/api/publish?RemoteBuild=true&Deployer=deskwright", package, media="application/zip", again=True
    )
    name = begun.json()
    if not isinstance(name, str) or not name:
        raise DeploymentError("The deployment site has accepted the package and named no deployment.")
    shown: Json = {}
    missing = 0
    while True:
        try:
            shown = site.get(f"/api/deployments/{name}")
        except RefusedError as refused:
            missing += 1
            if refused.status != 404 or (not shown and missing > _NOT_THERE_YET):  # noqa: PLR2004 - HTTP's
                raise
            if shown:  # the site was started anew with the app, and has forgotten: as azd, we take it for the end
                return shown
        else:
            if shown["status"] == _SUCCEEDED:
                return shown
            if shown["status"] not in _UNDER_WAY:
                state = _STATES.get(shown["status"], str(shown["status"]))
                raise DeploymentError(f"The deployment {name} is {state}: {shown.get('status_text') or 'no reason'}")
        site.wait(_POLL_S)
