import iniconfig  # noqa: F401 - what the worker does not need
