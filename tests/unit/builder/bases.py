"""The Python of a base image, as the probe writes it down."""

import json
from typing import Final

from builder.wheels.base_python import BasePython, parse_base_python

ENVIRONMENT: Final = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.2",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.2",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def write_answer(*, libc: tuple[str, str] = ("glibc", "2.36"), free_threaded: bool = False, **environment: str) -> str:
    """Return the answer of a Debian 12 image with CPython 3.11, or of one that differs in what is given."""
    return json.dumps({"environment": ENVIRONMENT | environment, "libc": libc, "free_threaded": free_threaded})


def make_python(**environment: str) -> BasePython:
    """Return the Python of such an image."""
    python = parse_base_python(write_answer(**environment))
    assert python is not None
    return python
