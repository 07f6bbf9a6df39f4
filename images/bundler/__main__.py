"""Start the program from its directory, without its modules hiding others of the same name.

The directory becomes a package with a name of its own, `inside` a sibling of it, and both leave the path.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_PACKAGE: Final = "pushwright_kit"


def _start() -> int:
    kit = Path(__file__).resolve().parent.parent
    del sys.path[0]
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(kit)]
    sys.modules[_PACKAGE] = package
    exit_code: int = importlib.import_module(f"{_PACKAGE}.bundler.program").main(sys.argv[1:])
    return exit_code


if __name__ == "__main__":
    sys.exit(_start())
