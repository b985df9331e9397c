"""Which version of a resource a client has already: ``If-None-Match`` (RFC 9110, section 13.1.2)."""


def is_held(etag: str, if_none_match: str | None) -> bool:
    """Return whether *etag* is among those that a client names; weak or strong makes no difference."""
    return _opaque(etag) in [_opaque(each) for each in (if_none_match or "").split(",")]


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")
