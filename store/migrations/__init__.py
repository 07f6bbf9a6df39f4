"""The way from one schema to the next: one revision per file in `versions/`, run by `store/migrate.py`."""
