"""Why an app is refused at start: the command line prints these, one line a problem."""


class ConfigError(Exception):
    """A file of the app says what the host cannot obey; the text names file and key."""


class AppError(Exception):
    """The app cannot be loaded; each problem is one line with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


class RouteError(ValueError):
    """A route template that cannot be served."""


class StoreError(Exception):
    """The state file cannot be used: another host has it, it is damaged, or of another version."""


class RefusalError(Exception):
    """A command that cannot do what it was asked for, with the reason in plain words."""
