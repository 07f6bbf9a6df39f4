"""What is left behind by builds that were killed."""

import os
from pathlib import Path

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.secrets import Secret


def test_directories_of_builds_killed_long_ago_are_removed(tmp_path: Path) -> None:
    old, young = tmp_path / "build-old", tmp_path / "build-young"
    for directory in (old, young):
        directory.mkdir()
    os.utime(old, (0, 0))

    BuildKitBuilder(BuilderSettings(scratch=tmp_path, base_image="base", key=Secret("k"))).remove_leftovers()

    assert not old.exists()
    assert young.exists()
