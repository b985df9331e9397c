"""The work of our benchmarks done by other packages; run in ``.tools/peers``, where their packages are."""
