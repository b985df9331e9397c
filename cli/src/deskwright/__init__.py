"""The command line of Deskwright: ``deskwright <noun> <verb>``."""

__version__ = "0.1.0"
