"""The shell scripts of the steps: pure text.

A user's command is one quoted word in them, given to a shell of its own, so that it can end neither the script nor the
heredoc around it.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from builder.install import Install, PythonWish
from builder.plan import BUNDLE, CODE_ROOT, MANIFEST, OUT, PROGRAM, VENV

EPOCH: Final = 1735689600
"""The time on every file and image, so that equal content has equal digests."""
CA_FILE: Final = "/run/secrets/pushwright-ca"
UID: Final = 10001
UV_CACHE: Final = "/cache/uv"
SOURCE: Final = "/source"
KIT: Final = "/kit"

_UV: Final = {
    "UV_CACHE_DIR": UV_CACHE,
    "UV_LINK_MODE": "copy",
    "UV_NO_PROGRESS": "1",
    "UV_PROJECT_ENVIRONMENT": VENV,
    # Before a .python-version, which may name a release the base image has not.
    "UV_PYTHON": f"{VENV}/bin/python",
    "UV_PYTHON_DOWNLOADS": "never",
}
_CA_VARIABLES: Final = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)
BEGIN: Final = "set -eu"
FORGET_TIMES: Final = (
    f"find {OUT} -name uv_cache.json -delete",
    f"rm -f {OUT}{VENV}/.lock",
    f"find {OUT} -path '*.dist-info/RECORD' -exec sed -i '/uv_cache.json,/d' {{}} +",
)
"""uv's notes on projects it built from a directory carry the time, and the list of installed files has their hash.
Its lock file is for installs at the same time."""
_TOUCH: Final = f"find {OUT} -exec touch -h -d @{EPOCH} {{}} +"
SETTLE: Final = (f"chmod -R u=rwX,go=rX {OUT}", _TOUCH)
_KEEP_CHANGES: Final = f"find {VENV} -cnewer /begun ! -type d ! -name '*.pyc' -exec cp -P --parents -t {OUT} {{}} +"
_DAY: Final = 86_400
"""Seconds after which hooks end in any case; the build's own limit is shorter."""
PYTHON_MISSING: Final = "pushwright: "
"""Begins the line that says that the base image has not the Python that the repository asks for."""
_ASIDE: Final = "/aside-"
_PYTHONS: Final = "/pythons"
_STATE: Final = "/bundle"
FACTS: Final = "/cache/bundler"
"""What the bundler remembers of wheels from build to build."""
_INDEXED: Final = "/tmp/manifest.json"  # noqa: S108 - in a container of its own
_AS_USER: Final = f"setpriv --reuid {UID} --regid {UID} --clear-groups --no-new-privs --inh-caps=-all"


@dataclass(frozen=True, slots=True)
class Given:
    """What a script has to know of the secrets that are mounted while it runs.

    Attributes:
        fingerprints: keyed hashes of the secrets, by name.
        links: names in the installation directory, and the files they lead to while a command runs.
    """

    has_ca: bool
    fingerprints: Mapping[str, str]
    links: Mapping[str, str]


def install_script(install: Install, given: Given) -> tuple[str, ...]:
    """Make the environment at `/opt/venv`, fill it and compile it."""
    return (
        BEGIN,
        *describe_environment(given),
        *(f"export {name}={value}" for name, value in install.variables),
        *check_python(install.wishes),
        f"mkdir -p {CODE_ROOT} {OUT}/opt",
        f'uv venv --quiet --python "$(command -v python3)" {"--seed " if install.seeds_pip else ""}{VENV}',
        *([f"cp -R {SOURCE}/. {CODE_ROOT}/"] if install.needs_tree else []),
        f"cd {CODE_ROOT}",
        *(run_command(install.command, given) if install.command else []),
        *point_at(install.local_packages),
        f"mv {VENV} {OUT}{VENV}",
        *FORGET_TIMES,
        compile_python(f"-j 0 -s {OUT} -p / {OUT}{VENV}/lib"),
        *SETTLE,
    )


def pre_build_script(command: str, given: Given) -> tuple[str, ...]:
    """Run the command over the repository; keep what it writes there and to the environment."""
    return (
        BEGIN,
        *describe_environment(given),
        f"mkdir -p {CODE_ROOT} {OUT}",
        f"cp -R {SOURCE}/. {CODE_ROOT}/",
        "touch /begun",
        f"cd {CODE_ROOT}",
        *run_command(command, given),
        # Generators write into installed packages too (prisma does).
        _KEEP_CHANGES,
        f"mv {CODE_ROOT} {OUT}{CODE_ROOT}",
    )


def configuration_script(config_path: str, fingerprints: Mapping[str, str]) -> tuple[str, ...]:
    """Evaluate the config file of the repository at `/app` and write down what its extensions add."""
    return (
        BEGIN,
        *_note_changes(fingerprints),
        f"cd {CODE_ROOT}",
        f"mkdir -p {OUT}/pushwright",
        f"python3 -I {PROGRAM} configure --config {shlex.quote(config_path)} --output {OUT}{MANIFEST}",
    )


def packages_script(dependencies: Sequence[str], given: Given) -> tuple[str, ...]:
    """Install more packages into the environment; what is there keeps its version."""
    wanted = " ".join(shlex.quote(dependency) for dependency in dependencies)
    return (
        BEGIN,
        *describe_environment(given),
        f"mkdir -p {CODE_ROOT} {OUT}",
        f"cd {CODE_ROOT}",
        "touch /begun",
        "uv pip list --quiet --format freeze > /installed.txt",
        *run_command(f"uv pip install --constraints /installed.txt {wanted}", given),
        _KEEP_CHANGES,
        *FORGET_TIMES,
        f"if [ -d {OUT}{VENV} ]; then",
        compile_python(f"-j 0 -s {OUT} -p / {OUT}{VENV}/lib"),
        "fi",
        *SETTLE,
    )


def extensions_script(
    commands: Sequence[str],
    config_path: str,
    given: Given,
    *,
    follows_pre_build: bool,
) -> tuple[str, ...]:
    """Run the commands in the repository, then, with a config path, its extensions' hooks over the finished code."""
    hooks = f"{VENV}/bin/python -I {PROGRAM} complete --time-limit {_DAY} --output /complete.json"
    return (
        BEGIN,
        *describe_environment(given),
        f"mkdir -p {CODE_ROOT} {OUT}",
        *_bring_code(follows_pre_build=follows_pre_build),
        "touch /begun",
        f"cd {CODE_ROOT}",
        *(
            line
            for command in commands
            for line in (f"echo {shlex.quote(f'$ {command}')}", *run_command(command, given))
        ),
        *([f"{hooks} --config {shlex.quote(config_path)}"] if config_path else []),
        _KEEP_CHANGES,
        f"mv {CODE_ROOT} {OUT}{CODE_ROOT}",
    )


def code_script(config_path: str, *, follows_pre_build: bool) -> tuple[str, ...]:
    """Put what tasks reach of the code at `/app`, compile it, and list the tasks as the user who runs them.

    They are listed as if what is left out were absent. When that fails it is put back, and they are listed again.
    """
    index = (
        f'HOME=/home/task VIRTUAL_ENV={VENV} PATH="{VENV}/bin:$PATH" {_AS_USER} {VENV}/bin/python -I {PROGRAM} index '
        f'--config="$config" --output {_INDEXED} "$@"'
    )
    bundler = (
        f'python3 -I -S {KIT}/bundler %s --root {CODE_ROOT} --config="$config" --state {_STATE} --facts {FACTS} '
        f'--site-packages "$(echo {VENV}/lib/python3*/site-packages)"'
    )
    return (
        BEGIN,
        f"config={shlex.quote(config_path)}",
        f"mkdir -p {CODE_ROOT} {OUT}/pushwright",
        *_bring_code(follows_pre_build=follows_pre_build),
        f"chmod -R u=rwX,go=rX {CODE_ROOT} {OUT}",
        bundler % "shake",
        compile_python(CODE_ROOT),
        f"cd {CODE_ROOT}",
        f"index() {{ {index}; }}",
        f"if [ ! -e {_STATE}/absent.json ]; then index; else",
        "code=0",
        f"index --without {_STATE}/absent.json >{_STATE}/log 2>&1 || code=$?",
        # A limit of time is not met by more code.
        f'case $code in 0|17) cat {_STATE}/log; [ "$code" = 0 ] || exit "$code";;',
        f"*) {bundler % f'restore --log {_STATE}/log'}",
        compile_python(CODE_ROOT),
        "index;;",
        "esac",
        "fi",
        f"cp {_INDEXED} {OUT}{MANIFEST}",
        f"cp {_STATE}/bundle.json {OUT}{BUNDLE}",
        f"mv {CODE_ROOT} {OUT}{CODE_ROOT}",
        f"chmod 0644 {OUT}{MANIFEST} {OUT}{BUNDLE}",
        _TOUCH,
    )


def program_script() -> tuple[str, ...]:
    """Put the runner and the SDK at `/pushwright`."""
    return (
        BEGIN,
        f"mkdir -p {OUT}/pushwright",
        f"cp -R {KIT}/inside {KIT}/sdk {OUT}/pushwright/",
        compile_python(f"-s {OUT} -p / {OUT}/pushwright"),
        *SETTLE,
    )


def _bring_code(*, follows_pre_build: bool) -> tuple[str, ...]:
    if not follows_pre_build:
        return (f"cp -R {SOURCE}/. {CODE_ROOT}/",)
    return (f"cp -R {SOURCE}/. /", f"if [ -d {SOURCE}/opt ]; then cp -R {SOURCE}/opt {OUT}/; fi")


def _note_changes(fingerprints: Mapping[str, str]) -> list[str]:
    # A changed value must change the step; the hashes are keyed, they tell nobody anything.
    return [f"# {name} {fingerprint}" for name, fingerprint in sorted(fingerprints.items())]


def describe_environment(given: Given) -> tuple[str, ...]:
    """Return the lines that set what every command finds in its environment."""
    exports = {**_UV, "VIRTUAL_ENV": VENV, **dict.fromkeys(_CA_VARIABLES if given.has_ca else (), CA_FILE)}
    lines = [f"export {name}={value}" for name, value in exports.items()]
    return (*_note_changes(given.fingerprints), *lines, f'export PATH="{VENV}/bin:$PATH"')


def check_python(wishes: tuple[PythonWish, ...]) -> tuple[str, ...]:
    """Fail with a line that `PYTHON_MISSING` begins when the base image's Python is not the one asked for."""
    if not wishes:
        return ()
    search = f"{_PYTHONS}/python3"
    checks = (
        f"UV_PYTHON_SEARCH_PATH={_PYTHONS} uv python find --quiet --no-project --system {shlex.quote(wish.wanted)} "
        f'>/dev/null 2>&1 || {{ echo {shlex.quote(_describe(wish))}"$(python3 -V)"; exit 1; }}'
        for wish in wishes
    )
    return (f"mkdir {_PYTHONS}", f'ln -s "$(command -v python3)" {search}', *checks)


def _describe(wish: PythonWish) -> str:
    return f"{PYTHON_MISSING}{wish.place} asks for Python {wish.wanted}, and the base image has "


def point_at(local_packages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the line that has packages imported from where they stand in the repository."""
    if not local_packages:
        return ()
    paths = [f"{CODE_ROOT}/{path}".removesuffix("/.") for path in local_packages]
    words = " ".join(shlex.quote(path) for path in paths)
    return (f"printf '%s\\n' {words} > \"$(echo {VENV}/lib/python3*/site-packages)/pushwright-local.pth\"",)


def compile_python(arguments: str) -> str:
    """Return the command that compiles, with these arguments of compileall; it never fails."""
    # Sets are ordered by hash in bytecode. A file that does not compile fails where it is imported, if it is.
    return f"PYTHONHASHSEED=0 python3 -P -m compileall -qq --invalidation-mode unchecked-hash {arguments} || true"


def run_command(command: str, given: Given) -> list[str]:
    """Run a user's command among the linked files; links and not copies, so that no layer can get what is in them."""
    put = [line for name, target in given.links.items() for line in _put_link(name, target)]
    taken = [line for name in given.links for line in _take_link(name)]
    return [*put, f"sh -c {shlex.quote(command)}", *taken]


def _put_link(name: str, target: str) -> tuple[str, str]:
    return f"if [ -e {name} ]; then mv {name} {_ASIDE}{name}; fi", f"ln -s {target} {name}"


def _take_link(name: str) -> tuple[str, str, str]:
    return f"cd {CODE_ROOT}", f"rm -rf {name}", f"if [ -e {_ASIDE}{name} ]; then mv {_ASIDE}{name} {name}; fi"
