"""The copy of the OS disk of a deleted Cloud PC, from which a machine can be built."""

from shared.domain.values import Value


class KeptDisk(Value):
    """A disk snapshot and the facts that a build from it needs.

    *deleted_id*: of the deleted Cloud PC. *computer_name*: the name that Windows on the disk has.
    """

    deleted_id: str
    snapshot_id: str
    region: str
    size_in_gb: int
    computer_name: str
