"""pip's settings in uv's words: uv installs what is written for pip, and reads nothing that is pip's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builder.registry_files import find_pip_option, parse_pip_conf
from domain.errors import InvalidInput
from domain.secrets import Secret


@dataclass(frozen=True, slots=True)
class _Counterpart:
    """uv's variables for an option; the first is set, each of them keeps pip's from being told."""

    uv: tuple[str, ...]
    separator: str = " "


_INDEX_URL: Final = "index-url"
_COUNTERPARTS: Final[Mapping[str, _Counterpart]] = {
    _INDEX_URL: _Counterpart(("UV_DEFAULT_INDEX", "UV_INDEX_URL")),
    "extra-index-url": _Counterpart(("UV_INDEX", "UV_EXTRA_INDEX_URL")),
    "find-links": _Counterpart(("UV_FIND_LINKS",), separator=","),
    "trusted-host": _Counterpart(("UV_INSECURE_HOST",)),
}
_FALSE: Final = {"", "0", "false", "no", "off", "n", "f"}


def translate_pip_settings(
    variables: Mapping[str, Secret], pip_conf: Secret | None, *, with_index: bool
) -> dict[str, Secret]:
    """Return uv's variables that mean what pip's variables and its configuration file say.

    Args:
        variables: the build variables; pip's go before its file, and uv's own before both.
        pip_conf: the file's content.
        with_index: whether the index that replaces the public one counts; false where the requirements name one.

    Raises:
        InvalidInput: `registry_file_invalid`: the public index is ruled out, which no variable of uv's says.
    """
    conf = parse_pip_conf(pip_conf.reveal() if pip_conf is not None else "", "pip.conf")

    def find(option: str) -> str:
        own = variables.get("PIP_" + option.upper().replace("-", "_"))
        return (own.reveal() if own is not None else find_pip_option(conf, option)).strip()

    if find("no-index").lower() not in _FALSE:
        raise InvalidInput(
            "registry_file_invalid",
            "pip's setting no-index is on (PIP_NO_INDEX or pip.conf), and uv, which installs here, cannot be told so "
            "from outside: write --no-index into the requirements file, or set an install command that runs pip.",
        )
    return {
        counterpart.uv[0]: Secret(counterpart.separator.join(find(option).split()))
        for option, counterpart in _COUNTERPARTS.items()
        if find(option) and variables.keys().isdisjoint(counterpart.uv) and (with_index or option != _INDEX_URL)
    }
