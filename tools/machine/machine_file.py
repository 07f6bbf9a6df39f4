"""`.pushwright/machine.env`: what the set-up found, as settings that the service reads."""

from collections.abc import Mapping
from pathlib import Path

from tools.machine.report import SetupError


def format_settings(settings: Mapping[str, str]) -> str:
    """Write KEY=VALUE lines; a value that would be two lines is refused."""
    for name, value in settings.items():
        if not value.isprintable():
            raise SetupError(f"the value for {name} holds a line break or control character: correct the variable")
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def write_settings(path: Path, settings: Mapping[str, str]) -> bool:
    """Write the file when it differs; True when it was written."""
    text = format_settings(settings)
    if path.exists() and path.read_text() == text:
        return False
    path.touch(mode=0o600, exist_ok=True)  # a proxy or index URL may hold a password
    path.chmod(0o600)
    path.write_text(text)
    return True
