"""Versions of resources that a client has already: ``If-None-Match`` (RFC 9110, section 13.1.2)."""


def is_held(etag: str, if_none_match: str | None) -> bool:
    """Return whether *etag* is among those that a client names, or it names all; weak or strong makes no difference."""
    named = [_opaque(each) for each in (if_none_match or "").split(",")]
    return named == ["*"] or _opaque(etag) in named


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")
