"""What a build needs to reach the package registries from this network: CA bundle, proxy, indexes."""

from collections.abc import Callable, Mapping

from tools.machine.report import SetupError

_CA_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
_OTHERS = {
    "PUSHWRIGHT_BUILD_PROXY": ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
    "PUSHWRIGHT_BUILD_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"),
    "PUSHWRIGHT_BUILD_NPM_REGISTRY": ("NPM_CONFIG_REGISTRY", "npm_config_registry"),
    "PUSHWRIGHT_BUILD_DEBIAN_MIRROR": (),
}


def find_build_settings(environment: Mapping[str, str], is_file: Callable[[str], bool]) -> dict[str, str]:
    """Derive the build's settings from the usual variables; a setting of ours that is set wins."""
    settings = {}
    bundle = _find_bundle(environment, is_file)
    if bundle is not None:
        settings["PUSHWRIGHT_BUILD_CA_BUNDLE"] = bundle
    for setting, variables in _OTHERS.items():
        value = next((environment[name] for name in (setting, *variables) if environment.get(name)), None)
        if value is not None:
            settings[setting] = value
    return settings


def _find_bundle(environment: Mapping[str, str], is_file: Callable[[str], bool]) -> str | None:
    named = environment.get("PUSHWRIGHT_BUILD_CA_BUNDLE")
    if named:
        if not is_file(named):
            raise SetupError(f"PUSHWRIGHT_BUILD_CA_BUNDLE names {named}, which is not a file: correct or unset it")
        return named
    candidates = (environment.get(name) for name in _CA_BUNDLES)
    return next((path for path in candidates if path and is_file(path)), None)
