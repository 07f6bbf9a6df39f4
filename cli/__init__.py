"""The `pushwright` command: it prints and exits, and nobody else does.

Each module holds one group of commands. A command reads its options, calls `operations/` or the store, and shows
the answer, as a table for people or as JSON with `--json`.
"""
