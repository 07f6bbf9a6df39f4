"""Where the set-up works and with which rights: a value, read once by the entry point."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The checkout and what this machine allows."""

    checkout: Path
    environment: Mapping[str, str]
    is_root: bool
    has_apt: bool

    @property
    def can_install(self) -> bool:
        """Whether Debian packages can be installed here."""
        return self.is_root and self.has_apt

    @property
    def state(self) -> Path:
        """The directory of everything that runs or is kept (git-ignored)."""
        return self.checkout / ".pushwright"

    @property
    def logs(self) -> Path:
        """The log files of daemons and of long steps."""
        return self.state / "log"

    @property
    def run(self) -> Path:
        """Sockets and pid files."""
        return self.state / "run"

    @property
    def programs(self) -> Path:
        """The programs compiled for this checkout."""
        return self.checkout / ".tools" / "bin"

    @property
    def docker_config(self) -> Path:
        """A DOCKER_CONFIG directory whose cli-plugins hold our buildx."""
        return self.state / "docker"

    def find_setting(self, name: str) -> str | None:
        """Return the variable's value; None when it is unset or empty."""
        return self.environment.get(name) or None

    def read_settings(self) -> dict[str, str]:
        """Return what the operator set: the settings file's lines of NAME=value, and the stronger environment."""
        path = self.state / "service.env"
        lines = path.read_text().splitlines() if path.is_file() else []
        pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
        kept = {name.strip(): value.strip().strip("\"'") for name, equals, value in pairs if equals}
        return {**kept, **self.environment}

    def make_directories(self) -> None:
        """Create the directories that the steps write to."""
        for directory in (self.logs, self.run, self.programs):
            directory.mkdir(parents=True, exist_ok=True)
