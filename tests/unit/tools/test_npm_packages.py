import json
from pathlib import Path

from tools.machine.npm_packages import prune_descriptions

LOCK = Path(__file__).parents[3] / "tools" / "npm" / "package-lock.json"


def test_only_the_one_description_is_kept(tmp_path: Path) -> None:
    for name in ("api.github.com.json", "ghec.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "folder").mkdir()
    prune_descriptions(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["api.github.com.json"]


def test_the_lock_names_no_host_and_pins_every_package() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    # What is bundled comes in the archive of a package that is pinned.
    pinned = [package for name, package in packages.items() if name and not package.get("inBundle")]
    assert all("integrity" in package and "resolved" not in package for package in pinned)
