"""The steps that a config file's extensions add to a build, and the one that asks for them."""

from typing import Final

from builder import debian, scripts
from builder.build_options import BuildOptions
from builder.plan import CODE_ROOT, OUT, Bind, Step
from builder.surroundings import UV, UV_CACHE, Surroundings
from domain.builds import Phase

CONFIGURATION: Final = "configuration"
SYSTEM: Final = "system"
PACKAGES: Final = "packages"
EXTENSIONS: Final = "extensions"


def configuration_step(config_path: str, around: Surroundings, program: str) -> Step:
    """Return the step that evaluates the config file, which sees the repository, the variables and no network."""
    return Step(
        stage=CONFIGURATION,
        phase=Phase.INSTALL,
        title=f"configure: evaluate {config_path}",
        script=scripts.configuration_script(config_path, around.fingerprints),
        mounts=(Bind(CODE_ROOT), *around.list_variables()),
        layers=(program,),
    )


def system_step(options: BuildOptions, around: Surroundings) -> Step:
    """Return the step that adds Debian packages to the base; what needs them begins with it."""
    command = f"apt-get install {' '.join(options.packages)}" if options.packages else options.system_commands[0]
    return Step(
        stage=SYSTEM,
        phase=Phase.INSTALL,
        title=f"system: {', '.join((*options.packages, *options.system_commands))}",
        script=debian.system_script(
            options.packages, options.system_commands, has_ca=around.given.has_ca, has_mirror=around.has_mirror
        ),
        mounts=around.list_debian_secrets(),
        command=command,
        network=True,
    )


def packages_step(options: BuildOptions, around: Surroundings, layers: tuple[str, ...]) -> Step:
    """Return the step that installs Python packages besides those of the lock."""
    wanted = " ".join(options.dependencies)
    return Step(
        stage=PACKAGES,
        phase=Phase.INSTALL,
        title=f"additional packages: {wanted}",
        script=scripts.packages_script(options.dependencies, around.given),
        mounts=(UV, UV_CACHE, *around.list_secrets(with_index=True, for_uv=True)),
        command=f"uv pip install {wanted}",
        layers=layers,
        network=True,
        environment=options.build_variables,
    )


def extensions_step(options: BuildOptions, around: Surroundings, config_path: str, tree: Bind) -> Step:
    """Return the step that runs the extensions' commands and hooks in the code; what it stands on is the plan's."""
    return Step(
        stage=EXTENSIONS,
        phase=Phase.BUILD,
        title=f"extensions: {', '.join(options.extensions)}",
        script=scripts.extensions_script(
            options.commands,
            config_path if options.completes else "",
            around.given,
            follows_pre_build=tree.source == OUT,
        ),
        mounts=(tree, UV, UV_CACHE, *around.list_secrets(with_index=True)),
        command=", ".join(options.extensions),
        network=True,
        environment=options.build_variables,
    )


def explain_options(options: BuildOptions, config_path: str) -> tuple[str, ...]:
    """Return the log lines that say what the extensions add."""
    named = {
        "System packages": options.packages,
        "Additional packages": options.dependencies,
        "Variables of the image": tuple(name for name, _ in options.image_variables),
    }
    lines = (f"{what}: {', '.join(those)}." for what, those in named.items() if those)
    extensions = [f"Extensions: {', '.join(options.extensions)}, because {config_path} lists them."]
    return (*(extensions if options.extensions else ()), *lines)
