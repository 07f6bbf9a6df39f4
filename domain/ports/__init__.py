"""The doors: what the rooms of the service need from each other, as protocols.

`jobs/` is written against these; `bootstrap/wiring.py` fills them with the adapters.
"""
