"""A docker command that builds nothing and remembers with which arguments it was called."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from builder.buildkit import BuildKitBuilder
from builder.buildx import Buildx
from builder.probing import BaseProbe
from builder.settings import BuilderSettings
from domain.builds import BuildOutcome, BuildStopped, Progress
from domain.environments import BuildSettings
from domain.secrets import Secret
from tests.unit.builder.bases import write_answer
from tests.unit.builder.planned import make_request

_DIGEST: Final = "sha256:" + "0" * 64
_MANIFEST: Final = '{"schema_version": 1, "tasks": [{"id": "one"}]}'


class DeafListener:
    def hear(self, progress: Progress) -> None:
        pass

    def find_stop(self) -> BuildStopped | None:
        return None


class FakeDocker:
    """A docker that writes down how it was called and says that it built."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "docker"
        (directory / "result.json").write_text(_MANIFEST)
        self.program.write_text(
            "#!/bin/sh\n"
            f"printf '%s\\0' \"$#\" \"$@\" >> '{directory}/calls'\n"
            'for word in "$@"; do case "$word" in\n'
            '  type=local,dest=*) mkdir -p "${word#type=local,dest=}"\n'
            f"    cp '{directory}/result.json' \"${{word#type=local,dest=}}/manifest.json\";;\n"
            f'  */metadata.json) echo \'{{"containerimage.digest": "{_DIGEST}"}}\' > "$word";;\n'
            f"  */Containerfile) cp \"$word\" '{directory}/written';;\n"
            "esac; done\n"
        )
        self.program.chmod(0o755)

    def build(self, tree: Path, choice: BuildSettings, variables: Mapping[str, str], **naming: str) -> BuildOutcome:
        (self.directory / "calls").write_bytes(b"")
        service = BuilderSettings(
            scratch=self.directory / "scratch",
            base_image="python:3.11",
            key=Secret("k"),
            docker=str(self.program),
            registry="r.example",
        )
        answer = BaseProbe(service, Buildx(service)).answer
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text(write_answer())
        request = replace(make_request(tree, choice, variables), **naming)
        return BuildKitBuilder(service).build(request, DeafListener())

    def read_calls(self) -> list[list[str]]:
        words = (self.directory / "calls").read_text().split("\0")[:-1]
        calls = []
        while words:
            count = int(words[0])
            calls.append([self._plain(word) for word in words[1 : count + 1]])
            words = words[count + 1 :]
        return calls

    def read_written(self) -> str:
        return (self.directory / "written").read_text()

    def _plain(self, word: str) -> str:
        """Without what is new in every build."""
        return re.sub(rf"{re.escape(str(self.directory))}/scratch/(build|kit)-\w+", r"\1", word)
