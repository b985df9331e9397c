"""What others do with the work of our benchmarks; run in ``.tools/peers``, where their packages are."""
