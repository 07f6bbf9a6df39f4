"""The shell scripts of the wheel stages: pure text.

What they hold of a lock was checked character by character in `builder.wheels.locked`.
"""

import shlex
from typing import Final

from builder.install import Install
from builder.plan import CODE_ROOT, OUT, VENV
from builder.scripts import (
    BEGIN,
    CA_FILE,
    FORGET_TIMES,
    SETTLE,
    SOURCE,
    Given,
    check_python,
    compile_python,
    describe_environment,
    point_at,
    run_command,
)
from builder.wheels.locked import LockedWheel

MEMBERS: Final = "/members"
UNFIT: Final = "pushwright-wheels-unfit"
"""The line that says that the install command wants other packages than the wheels that were laid under it."""
_LOCK: Final = "/tmp/pylock.toml"  # noqa: S108 - in a container of its own
_CACHE: Final = "/tmp/uv"  # noqa: S108 - in a container of its own
_LARGE: Final = 1_000_000
_BEFORE: Final = "/before"
_BEGUN: Final = "/begun"


def environment_script() -> tuple[str, ...]:
    """Make the empty environment that every wheel is for."""
    return (
        BEGIN,
        "export UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=" + _CACHE,
        f"mkdir -p {OUT}/opt",
        f'uv venv --no-config --quiet --python "$(command -v python3)" {VENV}',
        f"mv {VENV} {OUT}{VENV}",
        *FORGET_TIMES,
        f"rm -rf {_CACHE}",
        *SETTLE,
    )


def wheel_script(wheel: LockedWheel, *, has_ca: bool) -> tuple[str, ...]:
    """Fetch one wheel, check its hash, unpack it into an environment at its place under `/out`, and compile it."""
    # Nothing that anybody else wrote into a cache comes into what all projects share, and nothing is written twice.
    exports = [f"UV_CACHE_DIR={_CACHE}", "UV_LINK_MODE=hardlink", "UV_PYTHON_DOWNLOADS=never"]
    options = "--preview-features pylock --no-config --quiet --no-deps --no-build"
    workers = "-j 0 " if wheel.size > _LARGE else ""
    return (
        BEGIN,
        f"export {' '.join([*exports, *([f'SSL_CERT_FILE={CA_FILE}'] if has_ca else [])])}",
        f"mkdir -p {OUT}{VENV}",
        f"echo + {wheel.name}=={wheel.version}",
        f"cat > {_LOCK} <<'LOCK'",
        'lock-version = "1.0"',
        'created-by = "pushwright"',
        "[[packages]]",
        f'name = "{wheel.name}"',
        f'version = "{wheel.version}"',
        f'wheels = [{{ url = "{wheel.url}", hashes = {{ sha256 = "{wheel.sha256}" }} }}]',
        "LOCK",
        f"uv pip install {options} --prefix {OUT}{VENV} --python {VENV}/bin/python -r {_LOCK}",
        f"rm -rf {_CACHE} {_LOCK}",
        *FORGET_TIMES,
        compile_python(f"{workers}-s {OUT} -p / {OUT}{VENV}/lib"),
        *SETTLE,
    )


def group_script() -> tuple[str, ...]:
    """Lay several wheels into one directory."""
    return (BEGIN, f"mkdir -p {OUT}", f"for member in {MEMBERS}/*; do cp -a $member/. {OUT}/; done", *SETTLE)


def rest_script(install: Install, given: Given) -> tuple[str, ...]:
    """Run the install over the wheels; keep what it adds, which is what is no wheel."""
    installed = f"find {VENV}/lib -name '*.dist-info' | sort"
    return (
        BEGIN,
        *describe_environment(given),
        *(f"export {name}={value}" for name, value in install.variables),
        *check_python(install.wishes),
        f"mkdir -p {CODE_ROOT} {OUT}",
        *([f"cp -R {SOURCE}/. {CODE_ROOT}/"] if install.needs_tree else []),
        f"cd {CODE_ROOT}",
        f"{installed} > {_BEFORE}",
        f"touch {_BEGUN}",
        *run_command(install.command, given),
        f"{installed} | comm -23 {_BEFORE} - > /gone",
        f"if [ -s /gone ]; then echo {shlex.quote(UNFIT)}; cat /gone; exit 1; fi",
        *point_at(install.local_packages),
        f"find {VENV} -cnewer {_BEGUN} ! -type d -exec cp -P --parents -t {OUT} {{}} +",
        *FORGET_TIMES,
        f"[ ! -d {OUT}{VENV}/lib ] || {compile_python(f'-j 0 -s {OUT} -p / {OUT}{VENV}/lib')}",
        *SETTLE,
    )
