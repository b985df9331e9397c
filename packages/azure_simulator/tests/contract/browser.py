"""A browser that is just enough for the sign-in pages: it follows redirects to the cloud and sends forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests


@dataclass
class Form:
    """A form with its fields; `buttons` are the values of its buttons by name, `text` what is written in it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and "name" in given:
            self.forms[-1].buttons.append((given["name"], given["value"]))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.forms:
            self.forms[-1].text += data


def forms_of(page: str) -> list[Form]:
    """Return the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class Browser:
    """One person's browser."""

    def __init__(self, cloud: str, bundle: str) -> None:
        self.cloud = cloud
        self.session = requests.Session()
        self.session.verify, self.session.trust_env = bundle, False
        self.at = ""
        self.text = ""
        self.forms: list[Form] = []
        self.status = 0

    def open(self, address: str) -> Browser:
        """Open an address."""
        return self._take("GET", address, None)

    def choose(self, name: str) -> Browser:
        """Send the form of a person, or the only one."""
        form = next(each for each in self.forms if name in each.text)
        return self._take("POST", form.action, form.fields)

    def press(self, value: str, **filled: str) -> Browser:
        """Fill in the first form and press the button with a value; of a form whose buttons have none, any."""
        form = self.forms[0]
        pressed = dict(each for each in form.buttons if each[1] == value)
        return self._take("POST", form.action, {**form.fields, **filled, **pressed})

    @property
    def answer(self) -> dict[str, str]:
        """The answer sent to the client, in query, fragment or form."""
        if self.forms and not self.at:
            return self.forms[0].fields
        parts = urlsplit(self.at)
        return dict(parse_qsl(parts.query or parts.fragment))

    def _take(self, method: str, address: str, data: dict[str, str] | None) -> Browser:
        """Send a request, and follow redirects as far as they stay in the cloud."""
        found = self.session.request(
            method, urljoin(f"{self.cloud}/", address), data=data, allow_redirects=False, timeout=30
        )
        reader = _Reader()
        reader.feed(found.text)
        self.status, self.text, self.forms = found.status_code, reader.text, reader.forms
        self.at = found.headers.get("Location", "")
        return self.open(self.at) if self.at.startswith(self.cloud) else self
