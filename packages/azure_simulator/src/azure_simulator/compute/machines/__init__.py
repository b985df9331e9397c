"""Virtual machines with all that runs in them: extensions, run commands, domain joins."""
