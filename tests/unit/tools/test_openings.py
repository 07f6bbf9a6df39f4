from ipaddress import IPv4Address
from pathlib import Path

import pytest

from tools.machine.firewall import Opening
from tools.machine.openings import (
    Endpoint,
    find_endpoint,
    find_resolvers,
    list_openings,
    list_origins,
    list_resolver_openings,
    parse_endpoints,
)
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine

NAMES = {"index.corp": ("10.0.0.5",), "proxy.corp": ("10.0.0.6",), "index.example": ("192.0.2.7",)}


def resolve(host: str) -> tuple[IPv4Address, ...]:
    return tuple(IPv4Address(text) for text in NAMES.get(host, ()))


def openings(checkout: Path, settings: dict[str, str]) -> tuple[Opening, ...]:
    machine = Machine(checkout, settings, is_root=True, has_apt=True)
    return list_openings(machine, settings, resolve)


def test_what_the_operator_names_is_opened(tmp_path: Path) -> None:
    found = openings(tmp_path, {"PUSHWRIGHT_BUILD_NETWORK_OPEN": "index.corp:443, index.example:80"})
    assert found == (Opening(IPv4Address("10.0.0.5"), 443), Opening(IPv4Address("192.0.2.7"), 80))


@pytest.mark.parametrize("text", ["index.corp", "index.corp:", "index.corp:0", "index.corp:65536", ":80", "a b:80"])
def test_what_is_no_host_and_port_is_named(text: str) -> None:
    with pytest.raises(SetupError, match="write HOST:PORT"):
        parse_endpoints(text)


def test_a_host_that_does_not_resolve_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"names gone\.corp, which has no IPv4 address here"):
        openings(tmp_path, {"PUSHWRIGHT_BUILD_NETWORK_OPEN": "gone.corp:443"})


@pytest.mark.parametrize(
    ("name", "value", "opening"),
    [
        ("HTTPS_PROXY", "http://user:word@proxy.corp:3128", Opening(IPv4Address("10.0.0.6"), 3128)),
        ("PUSHWRIGHT_BUILD_INDEX_URL", "https://index.corp/simple", Opening(IPv4Address("10.0.0.5"), 443)),
        ("npm_config_registry", "http://index.corp/npm/", Opening(IPv4Address("10.0.0.5"), 80)),
    ],
)
def test_a_closed_address_of_the_package_settings_is_opened(
    tmp_path: Path, name: str, value: str, opening: Opening
) -> None:
    assert openings(tmp_path, {name: value}) == (opening,)


def test_an_address_that_is_public_needs_no_opening(tmp_path: Path) -> None:
    assert openings(tmp_path, {"PUSHWRIGHT_BUILD_INDEX_URL": "https://index.example/simple"}) == ()


def test_a_usual_registry_that_is_private_here_is_opened(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('source = { registry = "https://index.corp/simple" }\n')
    assert openings(tmp_path, {}) == (Opening(IPv4Address("10.0.0.5"), 443),)


def test_the_usual_registries_are_those_of_the_locks_and_of_apt(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('registry = "https://a.example/simple"\nurl = "https://b.example/x.whl"\n')
    (tmp_path / "tools" / "npm").mkdir(parents=True)
    (tmp_path / "tools" / "npm" / "package-lock.json").write_text(
        '"resolved": "https://c.example/x.tgz", "funding": {"url": "https://money.example/x"}'
    )
    apt = tmp_path / "apt"
    (apt / "sources.list.d").mkdir(parents=True)
    (apt / "sources.list").write_text("# deb http://off.example/debian x\n")
    (apt / "sources.list.d" / "one.sources").write_text("Types: deb\n# http://old.example\nURIs: http://d.example/x\n")
    expected = ("https://a.example", "https://b.example", "https://c.example", "http://d.example")
    assert list_origins(tmp_path, apt) == expected


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("proxy.corp:3128", Endpoint("proxy.corp", 3128)),
        ("http://proxy.corp", Endpoint("proxy.corp", 80)),
        ("socks5://proxy.corp", None),
        ("http://proxy.corp:many", None),
        ("", None),
    ],
)
def test_a_url_leads_to_a_host_and_a_port(url: str, endpoint: Endpoint | None) -> None:
    assert find_endpoint(url) == endpoint


def test_resolvers_are_opened_at_their_port_alone() -> None:
    address = IPv4Address("10.0.0.2")
    assert list_resolver_openings([address]) == (Opening(address, 53, "tcp"), Opening(address, 53, "udp"))


def test_resolvers_on_loopback_and_on_ipv6_are_left_out(tmp_path: Path) -> None:
    own = tmp_path / "resolv.conf"
    own.write_text("# nameserver 9.9.9.9\nnameserver 10.0.0.2\nnameserver 127.0.0.1\nnameserver fd00::1\n")
    assert find_resolvers(own, tmp_path / "gone") == (IPv4Address("10.0.0.2"),)


def test_behind_systemds_stub_its_own_resolvers_count(tmp_path: Path) -> None:
    own, upstream = tmp_path / "resolv.conf", tmp_path / "upstream.conf"
    own.write_text("nameserver 127.0.0.53\noptions edns0\n")
    upstream.write_text("nameserver 192.168.1.1\n")
    assert find_resolvers(own, upstream) == (IPv4Address("192.168.1.1"),)
