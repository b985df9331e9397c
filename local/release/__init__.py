"""Builds a release: the files that an operator downloads, with checksums, bills of materials and licences.

``make release`` writes it to ``dist/``; `docs/releases.md` says what each file is for. The same commit makes the same
bytes: every archive has the times of the commit, and nothing names the machine that built it.
"""
