"""Benchmarks: ratios measured in one run, one line of JSON per figure. ``python -m bench`` runs them all."""
