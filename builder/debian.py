"""The script that adds Debian packages to the base: pure text, like those in `scripts`."""

import shlex
from collections.abc import Sequence
from typing import Final

from builder.scripts import CA_FILE, EPOCH

_APT: Final = ("-o Acquire::Retries=3", "-o APT::Sandbox::User=root")
_APT_CA: Final = (f"-o Acquire::https::CAInfo={CA_FILE}",)
_APT_SOURCES: Final = "/tmp/pushwright-apt"  # noqa: S108 - in a container of its own
_APT_MIRROR: Final = (
    f"-o Dir::Etc::SourceList={_APT_SOURCES}/sources.list",
    f"-o Dir::Etc::SourceParts={_APT_SOURCES}/sources.list.d",
)
MIRROR: Final = "PUSHWRIGHT_DEBIAN_MIRROR"
_TO_MIRROR: Final = rf"s#https\?://[^ ]*/debian\(-security\)\?/\?\( \|\$\)#${MIRROR}\1\2#"
_USE_MIRROR: Final = (
    f"mkdir -p {_APT_SOURCES}/sources.list.d",
    f"cp -R /etc/apt/sources.list* {_APT_SOURCES}/",
    # Also the security updates, which the mirror has beside the rest.
    f'find {_APT_SOURCES} -type f -exec sed -i "{_TO_MIRROR}" {{}} +',
)
_SYSTEM: Final = "/etc /home /opt /root /srv /usr /var"
_NOT_OURS: Final = "! -path /etc/hosts ! -path /etc/resolv.conf"
"""What BuildKit puts there while a step runs."""


def system_script(
    packages: Sequence[str], commands: Sequence[str], *, has_ca: bool, has_mirror: bool
) -> tuple[str, ...]:
    """Install Debian packages into the base and run the commands; leave nothing that tells the time."""
    get = " ".join(("apt-get -qq", *_APT, *(_APT_CA if has_ca else ()), *(_APT_MIRROR if has_mirror else ())))
    install = f"{get} install --yes --no-install-recommends {' '.join(shlex.quote(name) for name in packages)}"
    return (
        "set -eu",
        "export DEBIAN_FRONTEND=noninteractive",
        *(_USE_MIRROR if has_mirror and packages else ()),
        *((f"{get} update", install) if packages else ()),
        *(f"sh -c {shlex.quote(command)}" for command in commands),
        "rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /tmp/*",
        "rm -rf /var/cache/ldconfig /var/cache/fontconfig/*",
        "find /var/log -type f -delete",
        f"find {_SYSTEM} -xdev -newermt @{EPOCH} {_NOT_OURS} -exec touch -h -d @{EPOCH} {{}} +",
    )
