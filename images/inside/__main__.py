"""Start the program from its directory: `python -I /pushwright/inside index|run`.

Python puts this directory first on `sys.path`, where its modules would hide the user's of the same name. So the
directory becomes a package with a name of its own and leaves the path again before any user code is imported.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_PACKAGE: Final = "pushwright_inside"
_EXIT_IMAGE_BROKEN: Final = 8


def _start() -> int:
    here = Path(__file__).resolve().parent
    del sys.path[0]
    # Last: a `pushwright` that the repository's lock brings wins.
    sys.path.append(str(here.parent / "sdk"))
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(here)]
    sys.modules[_PACKAGE] = package
    try:
        program = importlib.import_module(f"{_PACKAGE}.program")
    except ImportError as error:
        sys.stderr.write(
            f"This image is broken: the package `pushwright` in it does not fit ({error}). Build it again.\n"
        )
        return _EXIT_IMAGE_BROKEN
    exit_code: int = program.main(sys.argv[1:])
    return exit_code


if __name__ == "__main__":
    sys.exit(_start())
