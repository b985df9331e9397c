"""The built-in activity behind ``call_http``: one request, no polling (docs/notes.md 1.15)."""

import json

import aiohttp


async def call_http(request_text: str) -> str:
    """Send the request of a CallHttp action; return status, headers and content as JSON."""
    request = json.loads(request_text)
    headers = dict(request.get("headers") or {})
    if source := request.get("tokenSource"):
        headers["Authorization"] = f"Bearer {await _token(source['resource'])}"
    content = request.get("content")
    if content is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain"
    async with (
        aiohttp.ClientSession() as session,
        session.request(request["method"], request["uri"], data=content, headers=headers) as response,
    ):
        text = await response.text()
        result = {
            "statusCode": response.status,
            # .NET counts these to the content: they are not there
            "headers": {name: text for name, text in response.headers.items() if not _is_of_content(name)},
            "content": text,
        }
    return json.dumps(result)


def _is_of_content(name: str) -> bool:
    return name.lower().startswith("content-") or name.lower() in {"allow", "expires", "last-modified"}


async def _token(resource: str) -> str:
    from azure.identity.aio import DefaultAzureCredential

    async with DefaultAzureCredential() as credential:
        scope = resource if resource.endswith("/.default") else f"{resource}/.default"
        return (await credential.get_token(scope)).token
