"""What is asked of a base image before anything is planned on it: its Python, and which wheels run there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from packaging.markers import Environment, InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.tags import Tag, compatible_tags, cpython_tags

PROBE: Final = (
    "import json, os, platform, sys, sysconfig",
    "v = sys.version_info",
    "print(json.dumps({",
    "    'environment': {",
    "        'implementation_name': sys.implementation.name,",
    "        'implementation_version': '.'.join(map(str, v[:3])),",
    "        'os_name': os.name,",
    "        'platform_machine': platform.machine(),",
    "        'platform_python_implementation': platform.python_implementation(),",
    "        'platform_release': '',",
    "        'platform_system': platform.system(),",
    "        'platform_version': '',",
    "        'python_full_version': platform.python_version(),",
    "        'python_version': '.'.join(map(str, v[:2])),",
    "        'sys_platform': sys.platform,",
    "    },",
    "    'libc': platform.libc_ver(),",
    "    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),",
    "}))",
)
"""A program for the base image's Python. Release and version of the kernel are a machine's, not the image's."""
_OLDEST: Final = {"x86_64": 5, "aarch64": 17}
"""The first glibc that wheels of an architecture name: 2.5, 2.17."""
_OLD_NAMES: Final = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_MACHINE_KEYS: Final = ("platform_release", "platform_version")


@dataclass(frozen=True)
class BasePython:
    """The Python that a base image has.

    Attributes:
        environment: the values that environment markers are about.
        glibc: the second number of its version: 36 for 2.36.
    """

    environment: Mapping[str, str]
    glibc: int

    @cached_property
    def ranks(self) -> Mapping[Tag, int]:
        """The tags of the wheels that run there; the lowest rank fits best."""
        return {tag: rank for rank, tag in reversed(tuple(enumerate(self._list_tags())))}

    def admits(self, marker: str) -> bool:
        """Whether the marker holds there; raises `UnreadableMarkerError` when that cannot be told from the image."""
        if not marker:
            return True
        if any(key in marker for key in _MACHINE_KEYS):
            raise UnreadableMarkerError(marker)
        environment = Environment(**self.environment)  # type: ignore[typeddict-item]  # checked when it was read
        try:
            return Marker(marker).evaluate({**environment, "extra": ""})
        except (InvalidMarker, UndefinedEnvironmentName) as error:
            raise UnreadableMarkerError(marker) from error

    def _list_tags(self) -> Iterator[Tag]:
        major, minor = map(int, self.environment["python_version"].split("."))
        platforms = tuple(self._list_platforms())
        name = f"cp{major}{minor}"
        yield from cpython_tags((major, minor), abis=[name], platforms=platforms)
        yield from compatible_tags((major, minor), name, platforms)

    def _list_platforms(self) -> Iterator[str]:
        machine = self.environment["platform_machine"]
        for number in range(self.glibc, _OLDEST[machine] - 1, -1):
            yield f"manylinux_2_{number}_{machine}"
            if number in _OLD_NAMES:
                yield f"{_OLD_NAMES[number]}_{machine}"
        yield f"linux_{machine}"


class UnreadableMarkerError(ValueError):
    """A marker whose value is not known before the build."""


def parse_base_python(text: str) -> BasePython | None:
    """Return what the probe printed, None when wheels cannot be chosen for such a Python from outside."""
    answer: dict[str, Any] = json.loads(text)
    environment = {str(key): str(value) for key, value in answer["environment"].items()}
    libc, version = answer["libc"]
    is_known = (
        environment["implementation_name"] == "cpython"
        and environment["sys_platform"] == "linux"
        and environment["platform_machine"] in _OLDEST
        and libc == "glibc"
        and not answer["free_threaded"]
    )
    return BasePython(environment, int(version.split(".")[1])) if is_known else None
