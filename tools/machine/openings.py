"""Which closed addresses build steps have to reach: resolvers, what settings name, where packages come from."""

import re
import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from tools.machine.build_settings import find_build_settings
from tools.machine.firewall import Opening, is_closed
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine

SETTING = "PUSHWRIGHT_BUILD_NETWORK_OPEN"
_ADDRESSES = ("PUSHWRIGHT_BUILD_PROXY", "PUSHWRIGHT_BUILD_INDEX_URL", "PUSHWRIGHT_BUILD_NPM_REGISTRY")
_DNS_PORT = 53
_LAST_PORT = 65535
_PORTS = {"http": 80, "https": 443}
_SYSTEMD_STUB = "127.0.0.53"
_IN_LOCKS = re.compile(r'(?:registry = |url = |"resolved": )"(https?://[^/"]+)')
_IN_APT_SOURCES = re.compile(r"^[^#\n]*?(https?://[^/\s]+)", re.MULTILINE)
Resolve = Callable[[str], tuple[IPv4Address, ...]]


@dataclass(frozen=True)
class Endpoint:
    """A host, by name or address, and a TCP port."""

    host: str
    port: int


def list_openings(machine: Machine, settings: Mapping[str, str], resolve: Resolve) -> tuple[Opening, ...]:
    """Return what must be opened on this machine; `settings` are the service's, the strongest ones already chosen.

    Raises:
        SetupError: PUSHWRIGHT_BUILD_NETWORK_OPEN cannot be read or names a host that does not resolve.
    """
    wished = [
        Opening(address, endpoint.port)
        for endpoint in parse_endpoints(settings.get(SETTING, ""))
        for address in _get_addresses(endpoint, resolve)
    ]
    build = find_build_settings(settings, bool)
    named = [find_endpoint(build[name]) for name in _ADDRESSES if name in build]
    origins = [find_endpoint(url) for url in list_origins(machine.checkout, Path("/etc/apt"))]
    needed = tuple(dict.fromkeys(endpoint for endpoint in (*named, *origins) if endpoint is not None))
    with ThreadPoolExecutor() as threads:
        found = threads.map(resolve, (endpoint.host for endpoint in needed))
        closed = [
            Opening(address, endpoint.port)
            for endpoint, addresses in zip(needed, found, strict=True)
            for address in addresses
            if is_closed(address)
        ]
    return tuple(sorted({*wished, *closed}))


def list_resolver_openings(resolvers: Iterable[IPv4Address]) -> tuple[Opening, ...]:
    """Return the openings that let steps ask the resolvers."""
    return tuple(Opening(address, _DNS_PORT, protocol) for address in resolvers for protocol in ("tcp", "udp"))


def find_resolvers(own: Path, upstream: Path) -> tuple[IPv4Address, ...]:
    """Return the resolvers that BuildKit gives to steps: those of resolv.conf, or behind systemd's stub its own.

    One on loopback is left out: a step has a loopback of its own, and BuildKit takes public resolvers instead.
    """
    resolvers = parse_resolvers(own)
    if [str(each) for each in resolvers] == [_SYSTEMD_STUB]:
        resolvers = parse_resolvers(upstream)
    return tuple(each for each in resolvers if not each.is_loopback)


def parse_resolvers(resolv_conf: Path) -> tuple[IPv4Address, ...]:
    """Read the IPv4 name servers of a resolv.conf; none when there is no such file."""
    text = resolv_conf.read_text(errors="replace") if resolv_conf.is_file() else ""
    found = []
    for word in re.findall(r"^\s*nameserver\s+(\S+)", text, re.MULTILINE):
        try:
            found.append(IPv4Address(word))
        except AddressValueError:
            continue  # an IPv6 one: steps have IPv4 only
    return tuple(found)


def parse_endpoints(text: str) -> tuple[Endpoint, ...]:
    """Read `host:port,host:port`."""
    return tuple(_parse_endpoint(part.strip()) for part in text.split(",") if part.strip())


def find_endpoint(url: str) -> Endpoint | None:
    """Return where a URL, or a proxy's plain `host:port`, leads; None when it does not say."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    try:
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return Endpoint(parts.hostname, port) if parts.hostname and port else None


def list_origins(checkout: Path, apt: Path) -> tuple[str, ...]:
    """Return where this checkout's own lock files and this machine's apt get packages from: the usual registries."""
    locks = (checkout / "uv.lock", checkout / "tools" / "npm" / "package-lock.json")
    sources = sorted((*apt.glob("*.list"), *apt.glob("sources.list.d/*.list"), *apt.glob("sources.list.d/*.sources")))
    found = [url for lock in locks if lock.is_file() for url in _IN_LOCKS.findall(lock.read_text())]
    found += [url for source in sources for url in _IN_APT_SOURCES.findall(source.read_text(errors="replace"))]
    return tuple(dict.fromkeys(found))


def resolve_host(host: str) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses of a host as this machine sees it; none when it does not resolve."""
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({IPv4Address(place[0]) for *_, place in found}))


def _parse_endpoint(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host) or not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise SetupError(f"{SETTING} holds {text!r}: write HOST:PORT, several with commas, such as 10.0.0.7:443")
    return Endpoint(host, int(port))


def _get_addresses(endpoint: Endpoint, resolve: Resolve) -> tuple[IPv4Address, ...]:
    addresses = resolve(endpoint.host)
    if not addresses:
        raise SetupError(f"{SETTING} names {endpoint.host}, which has no IPv4 address here: correct or remove it")
    return addresses
