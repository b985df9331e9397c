"""Report of the changes that a step has made, or would make."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Report:
    """Collects the changes of a run; `dry` means that nothing is written."""

    dry: bool = False
    say: Callable[[str], None] = print
    changes: list[str] = field(default_factory=list)

    def change(self, what: str, write: Callable[[], object]) -> None:
        """Note a change, and make it unless the run is dry."""
        self.changes.append(what)
        self.say(f"would {what}" if self.dry else what)
        if not self.dry:
            write()

    def ended(self) -> None:
        """Print the number of changes."""
        if not self.changes:
            self.say("Nothing to change.")
        elif self.dry:
            self.say(f"{len(self.changes)} changes would be made; nothing was written.")
