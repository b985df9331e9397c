"""Read a Bicep file: the subset of the language that `infra/` uses; anything else is refused with its line.

Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/file, and the operators' order of
https://learn.microsoft.com/azure/azure-resource-manager/bicep/operators
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_SPACE = re.compile(r"(?:[ \t]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_LINES = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME, _NUMBER = re.compile(r"[A-Za-z_]\w*"), re.compile(r"\d+")
_TYPE = re.compile(r"[\w.]+(?:\[\])*\??")
_SIGNS = re.compile(r"=>|::|\.\?|==|!=|=~|!~|<=|>=|&&|\|\||\?\?|[^\s\w]")
_ESCAPED = re.compile(r"\\(?:u\{[0-9a-fA-F]+\}|.)")
_LAMBDA = re.compile(r"\s*(?:(\w+)|\(([\w\s,]*)\))\s*=>")
_NESTED = re.compile(r"@|resource\s+\w+\s+'")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_BINARY = (("??",), ("||",), ("&&",), ("==", "!=", "=~", "!~"), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
"""From the loosest to the tightest."""
WORDS = ("targetScope", "using", "param", "var", "resource", "module", "output")


@dataclass(frozen=True)
class Node:
    """A part of an expression: its kind, its line, its text (a name, an operator) and its parts."""

    kind: str
    line: int
    text: str = ""
    parts: tuple["Node", ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One declaration of a file, or of a resource in a resource."""

    word: str
    name: str
    line: int
    value: Node | None = None
    type: str = ""
    """Type of a parameter or output as written; of a resource or module: the text between the quotes."""
    existing: bool = False
    decorators: dict[str, Node] = field(default_factory=dict)
    """Each decorator's call, by its name."""


@dataclass(frozen=True)
class Nested(Node):
    """A resource that is declared in the object of another one."""

    statement: Statement | None = None


class Reader:
    """Reads one text from its beginning to its end."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._file, self._at = text, name, 0
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def statements(self) -> list[Statement]:
        """Read a whole file.

        Raises:
            SyntaxError: with the file and the line of what is not read.
        """
        found: list[Statement] = []
        self._lines()
        while self._at < len(self._text):
            found.append(self._statement(WORDS))
            if not self._newline():
                raise self._refused()
            self._lines()
        return found

    def _statement(self, words: tuple[str, ...]) -> Statement:
        decorators: dict[str, Node] = {}
        while self._take("@"):
            call = self._postfix()
            decorators[call.text] = call
            self._lines()
        line, word = self._line(), self._word()
        if word not in words:
            raise self._refused(line)
        return self._declared(word, line, decorators)

    def _declared(self, word: str, line: int, decorators: dict[str, Node]) -> Statement:
        if word == "using":
            return Statement(word, "", line, self._primary())
        if word == "targetScope":
            self._need("=")
            return Statement(word, "", line, self.expression())
        name, written, existing = self._word(), "", False
        if word in {"resource", "module"}:
            written = self._plain_text()
            existing = self._take_word("existing")
        elif word in {"param", "output"} and not self._at_sign("="):
            written = self._match(_TYPE)
        value = self._value() if self._take("=") else None
        return Statement(word, name, line, value, written, existing, decorators)

    def _value(self) -> Node:
        """Read the value after the `=` of a declaration: an expression, `if (...) {`, or `[for`."""
        return self._conditional() if self._ahead_word("if") else self.expression()

    def _conditional(self) -> Node:
        line = self._line()
        self._take_word("if")
        self._need("(")
        test = self._inside(self.expression)
        self._need(")")
        return Node("if", line, parts=(test, self.expression()))

    def expression(self) -> Node:
        """Read an expression, with `?:` as the loosest operator."""
        test = self._binary(0)
        if not self._take("?"):
            return test
        yes = self._inside(self.expression)
        self._lines()
        self._need(":")
        return Node("ternary", test.line, parts=(test, yes, self._inside(self.expression)))

    def _binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while (sign := self._sign()) in _BINARY[level]:
            self._need(sign)
            left = Node("binary", left.line, sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Node:
        line = self._line()
        for sign in ("!", "-"):
            if self._at_sign(sign):
                self._need(sign)
                return Node("unary", line, sign, (self._unary(),))
        return self._postfix()

    def _postfix(self) -> Node:
        found = self._primary()
        while (sign := self._sign()) in {".", ".?", "::", "["}:
            if sign == "[" and self._text[self._at] != "[":  # a space before it: the next element of a list
                break
            self._need(sign)
            line = self._line()
            if sign == "[":
                found = Node("subscript", line, parts=(found, self._inside(self.expression)))
                self._need("]")
            elif sign == "::":
                found = Node("child", line, self._word(), (found,))
            else:
                found = self._member(found, sign, line)
        return found

    def _member(self, of: Node, sign: str, line: int) -> Node:
        name = self._word()
        if not self._at_sign("("):
            return Node("member", line, name, (of,), (sign,))
        if of.text not in {"az", "sys"}:
            raise self._refused(line)
        return self._call(name, line)

    def _call(self, name: str, line: int) -> Node:
        self._need("(")
        arguments = self._rows(")", self._argument)
        return Node("call", line, name, arguments)

    def _argument(self) -> Node:
        at, line = self._at, self._line()
        names = self._lambda_names()
        if names is None:
            self._at = at
            return self.expression()
        return Node("lambda", line, parts=(self._inside(self.expression),), names=names)

    def _lambda_names(self) -> tuple[str, ...] | None:
        found = _LAMBDA.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return tuple(re.findall(r"\w+", found[1] or found[2]))

    def _primary(self) -> Node:
        line, sign = self._line(), self._sign()
        if sign in {"'", "[", "(", "{"}:
            return self._bracketed(sign, line)
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return Node("number", line, number[0])
        name = self._word()
        if name in {"true", "false", "null"}:
            return Node("literal", line, name)
        return self._call(name, line) if self._at_sign("(") else Node("name", line, name)

    def _bracketed(self, sign: str, line: int) -> Node:
        if sign == "'":
            return self._string()
        if sign == "[":
            return self._array(line)
        self._need(sign)
        if sign == "{":
            return Node("object", line, parts=self._rows("}", self._property))
        found = self._inside(self.expression)
        self._need(")")
        return found

    def _array(self, line: int) -> Node:
        self._need("[")
        if not self._ahead_word("for"):
            return Node("array", line, parts=self._rows("]", self.expression))
        self._take_word("for")
        names = (self._word(),) if not self._take("(") else tuple(each.text for each in self._rows(")", self._primary))
        if not self._take_word("in"):
            raise self._refused(line)
        rows = self.expression()
        self._need(":")
        body = self._value()
        self._lines()
        self._need("]")
        return Node("for", line, parts=(rows, body), names=names)

    def _property(self) -> Node:
        if _NESTED.match(self._text, self._at):
            statement = self._statement(("resource",))
            return Nested("nested", statement.line, statement=statement)
        line = self._line()
        key = self._string() if self._at_sign("'") else Node("string", line, parts=(Node("text", line, self._word()),))
        self._need(":")
        return Node("property", line, parts=(key, self._value()))

    def _rows(self, closing: str, read: Callable[[], Node]) -> tuple[Node, ...]:
        """Read rows separated by lines or commas, until a bracket closes."""
        found: list[Node] = []
        self._lines()
        while not self._take(closing):
            found.append(read())
            if not (self._newline() or self._take(",") or self._at_sign(closing)):
                raise self._refused()
            self._lines()
        return tuple(found)

    def _string(self) -> Node:
        line = self._line()
        if self._text.startswith("'''", self._at):
            end = self._text.index("'''", self._at + 3)
            text = self._text[self._at + 3 : end].removeprefix("\n")
            self._at = end + 3
            return Node("string", line, parts=(Node("text", line, text),))
        self._need("'")
        parts: list[Node] = []
        text = ""
        while (here := self._text[self._at : self._at + 1]) != "'":
            if here in {"", "\n"}:
                raise self._refused(line)
            if self._text.startswith("${", self._at):
                parts.append(Node("text", line, text))
                self._at, text = self._at + 2, ""
                parts.append(self._inside(self.expression))
                self._lines()
                if self._text[self._at] != "}":
                    raise self._refused()
                self._at += 1
            elif escaped := _ESCAPED.match(self._text, self._at):
                text += _ESCAPES.get(escaped[0][1], escaped[0][1])
                self._at = escaped.end()
            else:
                text, self._at = text + here, self._at + 1
        self._at += 1
        return Node("string", line, parts=(*parts, Node("text", line, text)))

    def _plain_text(self) -> str:
        found = self._string()
        if len(found.parts) != 1:
            raise self._refused(found.line)
        return found.parts[0].text

    def _inside(self, read: Callable[[], Node]) -> Node:
        """Read something that may begin, and end, on a line of its own."""
        self._lines()
        found = read()
        at = self._at
        self._lines()
        if self._sign() not in {")", "]", "}", ":"}:
            self._at = at
        return found

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _lines(self) -> None:
        found = _LINES.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _newline(self) -> bool:
        self._space()
        return self._text.startswith(("\n", "\r\n"), self._at)

    def _sign(self) -> str:
        """Return the sign that comes next on this line, without taking it."""
        at = self._at
        self._space()
        found = _SIGNS.match(self._text, self._at)
        if found is None or found[0] != "[":
            return found[0] if found else ""
        self._at = at  # whether a space stands before it tells an index from a list
        return "["

    def _at_sign(self, sign: str) -> bool:
        return self._sign() == sign

    def _take(self, sign: str) -> bool:
        if self._sign() != sign:
            return False
        self._space()
        self._at += len(sign)
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._refused()

    def _match(self, pattern: re.Pattern[str]) -> str:
        self._space()
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._refused()
        self._at = found.end()
        return found[0]

    def _word(self) -> str:
        return self._match(_NAME)

    def _ahead_word(self, word: str) -> bool:
        self._space()
        found = _NAME.match(self._text, self._at)
        return bool(found and found[0] == word)

    def _take_word(self, word: str) -> bool:
        if not self._ahead_word(word):
            return False
        self._at += len(word)
        return True

    def _line(self) -> int:
        self._space()
        return bisect_left(self._ends, self._at) + 1

    def _refused(self, line: int = 0) -> SyntaxError:
        number = min(line or self._line(), len(self._ends))
        return SyntaxError(f"{self._file}:{number}: not read: {self._text.splitlines()[number - 1].strip()!r}")


def read(path: Path) -> list[Statement]:
    """Read a file."""
    return Reader(path.read_text("utf-8") + "\n", path.name).statements()
