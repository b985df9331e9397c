"""The addresses of the management API, as clients and the SDK get them (docs/notes.md 2.1)."""

import json
from collections.abc import Callable
from urllib.parse import quote_plus

PREFIX = ["runtime", "webhooks", "durabletask"]
CONNECTION = "Storage"
_BASE = "/".join(("", *PREFIX))


class Addresses:
    """Writes addresses; ``origin`` is the public address of this host, ``key`` returns the current key."""

    def __init__(self, hub: str, key: Callable[[], str], secret: str) -> None:
        self.secret = secret
        self.origin = ""
        self.rpc_port = 0
        self.hub, self._key = hub, key

    def client_json(self) -> str:
        """Return the JSON that the durable client binding gives to the SDK."""
        base = f"{self.origin}{_BASE}"
        create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return json.dumps(
            {
                "taskHubName": self.hub,
                "connectionName": None,
                "creationUrls": {
                    "createNewInstancePostUri": f"{create}?code={self._key()}",
                    "createAndWaitOnNewInstancePostUri": f"{create}?{wait}&code={self._key()}",
                },
                "managementUrls": self.of(self.origin, "INSTANCEID"),
                "baseUrl": base,
                "requiredQueryStringParameters": f"code={self._key()}",
                "rpcBaseUrl": f"http://127.0.0.1:{self.rpc_port}/{self.secret}/durabletask/",
                "httpBaseUrl": None,
            }
        )

    def of(self, origin: str, instance_id: str, hub: str = "") -> dict[str, str]:
        """Write the addresses at which one instance is managed, of this hub unless another one is named."""
        base = f"{origin}{_BASE}/instances/{_encoded(instance_id)}"
        query = f"taskHub={hub or self.hub}&connection={CONNECTION}&code={self._key()}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{base}?{query}",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}?{query}",
            "restartPostUri": f"{base}/restart?{query}",
            "suspendPostUri": f"{base}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/resume?reason={{text}}&{query}",
        }


def _encoded(text: str) -> str:
    """Encode as .NET's ``WebUtility.UrlEncode``: a space is a plus, which the extension reads as a space again."""
    return quote_plus(text, safe="!*()").replace("~", "%7E")
