"""Start the program from its directory: `python -I /pushwright/inside index|run|serve`.

Python puts this directory first on `sys.path`, where its modules would hide the user's of the same name. So the
directory becomes a package with a name of its own and leaves the path again before any user code is imported.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_PACKAGE: Final = "pushwright_inside"


def _start() -> int:
    here = Path(__file__).resolve().parent
    del sys.path[0]
    # Last: a `pushwright` that the repository's lock brings wins.
    sys.path.append(str(here.parent / "sdk"))
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(here)]
    sys.modules[_PACKAGE] = package
    exit_code: int = importlib.import_module(f"{_PACKAGE}.program").main(sys.argv[1:])
    return exit_code


if __name__ == "__main__":
    sys.exit(_start())
