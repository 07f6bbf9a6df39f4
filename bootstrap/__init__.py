"""The composition root: settings are read here, adapters are built here, programs start here.

Nothing else in the service reads the environment or chooses an adapter.
"""
