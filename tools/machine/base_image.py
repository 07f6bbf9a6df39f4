"""The base of every task image, as an OCI layout directory that BuildKit takes as build context."""

import hashlib
import shutil
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tools.machine.builder import Builder
from tools.machine.debian_packages import ensure_programs
from tools.machine.oci_layout import ImageSettings, find_digest, write_layout
from tools.machine.official_image import OfficialImage
from tools.machine.programs import Step, get_program, probe_program, run_step
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

Source = Literal["official", "debian"]
Wish = Literal["auto", "official", "debian"]
_MADE_BY = {"official": "the official Python image", "debian": "Debian packages"}


@dataclass(frozen=True)
class Base:
    """Where the recipe stands, what it says, and where its result goes."""

    recipe_folder: Path
    recipe: dict[str, Any]
    folder: Path

    @property
    def layout(self) -> Path:
        """The OCI layout directory."""
        return self.folder / "oci"

    @property
    def stamp(self) -> Path:
        """The file that says which recipe the layout was made from."""
        return self.folder / "recipe"


def prepare_base(machine: Machine, builder: Builder, wish: Wish) -> str:
    """Return the reference of the base image; make it when it is not there or when its recipe changed."""
    named = machine.find_setting("PUSHWRIGHT_BASE_IMAGE")
    if named is not None:
        say("Base image", f"using {named}, which PUSHWRIGHT_BASE_IMAGE names")
        return named
    base = _read_recipe(machine)
    fingerprint = _fingerprint(base.recipe_folder)
    source = find_kept_source(base.stamp, fingerprint, wish)
    digest = find_digest(base.layout)
    if source is None or digest is None:
        digest = _make(machine, builder, base, wish)
    else:
        say("Base image", f"using the one made from {_MADE_BY[source]}, {digest[:19]}…")
    reference = f"oci-layout://{base.layout}@{digest}"
    (base.folder / "reference").write_text(f"{reference}\n")
    return reference


def find_kept_source(stamp: Path, fingerprint: str, wish: Wish) -> Source | None:
    """Return what the present layout was made from, if it is of this recipe and of the wished source."""
    kept = stamp.read_text().split() if stamp.exists() else []
    for source in ("official", "debian"):
        if kept == [source, fingerprint] and wish in {"auto", source}:
            return source
    return None


def choose_source(wish: Wish, *, can_pull: bool, can_make: bool) -> Source:
    """Choose the official image where it can be pulled, Debian packages otherwise."""
    if wish in {"auto", "official"} and can_pull:
        return "official"
    if wish in {"auto", "debian"} and can_make:
        return "debian"
    reasons = {
        "official": "BASE=official was asked for, but the official Python image cannot be pulled from here: "
        "check the network, or use `make setup BASE=debian`",
        "debian": "BASE=debian needs mmdebstrap: install it, or run `make setup` as root on Debian",
        "auto": "the official Python image cannot be pulled from here, and Debian's mmdebstrap is not there to make "
        "a base: install mmdebstrap, or name an image in PUSHWRIGHT_BASE_IMAGE",
    }
    raise SetupError(reasons[wish])


def _read_recipe(machine: Machine) -> Base:
    folder = machine.checkout / "images" / "recipes" / "base"
    recipe = tomllib.loads((folder / "recipe.toml").read_text())
    return Base(folder, recipe, machine.state / "base")


def _fingerprint(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def _make(machine: Machine, builder: Builder, base: Base, wish: Wish) -> str:
    official = OfficialImage(machine, builder, base.recipe["official"], base.recipe_folder)
    can_make = machine.can_install or probe_program(("mmdebstrap", "--version")) is not None
    source = choose_source(wish, can_pull=wish != "debian" and official.can_be_pulled(), can_make=can_make)
    say("Base image", f"making it from {_MADE_BY[source]} (once, about a minute)")
    base.folder.mkdir(parents=True, exist_ok=True)
    fresh = base.folder / "oci.new"
    shutil.rmtree(fresh, ignore_errors=True)
    if source == "official":
        official.write_layout(fresh, base.recipe["source_date_epoch"])
    else:
        _make_from_debian(machine, base, fresh)
    return _put_in_place(base, fresh, source)


def _put_in_place(base: Base, fresh: Path, source: Source) -> str:
    digest = find_digest(fresh)
    if digest is None:
        raise SetupError(f"{fresh} is not an OCI layout with one image: run `make setup` again")
    base.stamp.unlink(missing_ok=True)
    shutil.rmtree(base.layout, ignore_errors=True)
    fresh.rename(base.layout)
    base.stamp.write_text(f"{source} {_fingerprint(base.recipe_folder)}\n")
    say("Base image", f"made, {digest[:19]}…")
    return digest


def _make_from_debian(machine: Machine, base: Base, layout: Path) -> None:
    ensure_programs(machine, {"mmdebstrap": "mmdebstrap"})
    epoch: int = base.recipe["source_date_epoch"]
    layer = base.folder / "layer.tar"
    argv = (*list_mmdebstrap_arguments(base.recipe["debian"], base.recipe_folder), str(layer))
    log = machine.logs / "mmdebstrap.log"
    run_step(Step(argv, log, base.folder, {"SOURCE_DATE_EPOCH": str(epoch)}))
    settings = ImageSettings(
        architecture=_find_architecture(),
        created=datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        environment=tuple(base.recipe["environment"]),
    )
    write_layout(layout, layer, settings)
    layer.unlink()


def list_mmdebstrap_arguments(recipe: dict[str, Any], recipe_folder: Path) -> tuple[str, ...]:
    """Return mmdebstrap's command line but for the file it writes."""
    return (
        get_program("mmdebstrap", "install Debian's mmdebstrap"),
        f"--variant={recipe['variant']}",
        "--format=tar",
        f"--hook-directory={recipe['hook_directory']}",
        f"--include={','.join(recipe['packages'])}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe["excluded_paths"]),
        f"--customize-hook={recipe_folder / recipe['customise']}",
        recipe["suite"],
    )


def _find_architecture() -> str:
    printed = probe_program(("dpkg", "--print-architecture"))
    if printed is None:
        raise SetupError("dpkg does not say this machine's architecture: make the base on Debian or Ubuntu")
    return printed.strip()
