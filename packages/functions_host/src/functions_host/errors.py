"""Why an app or a command is refused: the command line prints these, one line for each problem."""


class ConfigError(Exception):
    """A settings file, a setting or an option cannot be used; the message names file and key."""


class AppError(Exception):
    """The app cannot be loaded; each problem is one line with file and line number."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


class RouteError(ValueError):
    """A route template that cannot be served."""


class StoreError(Exception):
    """The state file cannot be used: another host has it, it is damaged, or of another version."""


class CommandError(Exception):
    """A command cannot be carried out, with the reason."""
