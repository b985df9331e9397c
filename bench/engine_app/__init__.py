"""The app that bench.engine runs on the embedded host."""
