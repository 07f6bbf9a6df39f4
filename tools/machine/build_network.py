"""The network of build steps: a bridge of this checkout's own, with addresses that nothing else here has."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import chain
from pathlib import Path
from typing import Any

from tools.machine.debian_packages import ensure_programs
from tools.machine.firewall import Opening, apply_rules, describe_rules, remove_rules
from tools.machine.openings import find_resolvers, list_openings, list_resolver_openings, resolve_host
from tools.machine.programs import get_program, probe_program
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

SETTING = "PUSHWRIGHT_BUILD_NETWORK"
HOST = "host"
_DEBIAN = {"nft": "nftables", "ip": "iproute2"}
# Room for a thousand steps at once: every package of a lock may be a step.
_PREFIX = 22
_PREFIXES = range(8, 27)
_POOLS = tuple(IPv4Network(text) for text in ("10.201.0.0/16", "172.30.0.0/16", "192.168.128.0/17", "100.100.0.0/16"))
_DEFAULT_MTU = 1500


@dataclass(frozen=True)
class BuildNetwork:
    """One bridge.

    Attributes:
        bridge: the interface's name, also that of the firewall's table; 15 characters at most.
        subnet: the addresses of the bridge and of the steps.
    """

    bridge: str
    subnet: IPv4Network

    @property
    def gateway(self) -> IPv4Address:
        """This machine's address on the bridge."""
        return self.subnet[1]

    def describe_plugins(self, leases: Path, mtu: int) -> str:
        """Write the CNI configuration; masquerading and rules are the firewall's."""
        addresses = {"type": "host-local", "dataDir": str(leases), "ranges": [[{"subnet": str(self.subnet)}]]}
        plugin = {
            "type": "bridge",
            "bridge": self.bridge,
            "isDefaultGateway": True,
            "ipMasq": False,
            "portIsolation": True,
            "mtu": mtu,
            "ipam": addresses,
        }
        return json.dumps({"cniVersion": "1.0.0", "name": self.bridge, "plugins": [plugin]}, indent=2) + "\n"


@dataclass(frozen=True)
class NetworkFiles:
    """Where the network's configuration is kept."""

    state: Path

    @property
    def plugins(self) -> Path:
        """The CNI configuration that buildkitd reads."""
        return self.state / "network.conflist"

    @property
    def leases(self) -> Path:
        """Which step has which address."""
        return self.state / "network-leases"

    @property
    def kept(self) -> Path:
        """The network that was made, so that it is found again and can be removed."""
        return self.state / "network.json"


def prepare_network(machine: Machine) -> BuildNetwork | None:
    """Choose the network and put its firewall in place; None: steps share the host's network, as was asked for."""
    settings = machine.read_settings()
    wish = settings.get(SETTING) or ""
    if wish == HOST:
        remove_network(machine)
        say("Build network", f"the host's, as {SETTING} says: a step reaches whatever this machine reaches")
        return None
    ensure_programs(machine, _DEBIAN)
    resolvers = find_resolvers(Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))
    openings = list_openings(machine, settings, resolve_host)
    network = _choose_network(machine, wish, (*resolvers, *(each.address for each in openings)))
    rules = describe_rules(network.bridge, network.subnet, (*list_resolver_openings(resolvers), *openings))
    apply_rules(network.bridge, rules)
    say("Build network", describe_network(network, resolvers, openings))
    return network


def write_plugins(machine: Machine, network: BuildNetwork) -> bool:
    """Write what buildkitd reads; True when it changed."""
    files = NetworkFiles(machine.state)
    kept = json.dumps({"bridge": network.bridge, "subnet": str(network.subnet)}) + "\n"
    files.kept.write_text(kept)
    text = network.describe_plugins(files.leases, _find_mtu())
    if files.plugins.exists() and files.plugins.read_text() == text:
        return False
    files.plugins.write_text(text)
    return True


def find_kept(state: Path) -> BuildNetwork | None:
    """Return the network that was made in this state directory."""
    try:
        kept = json.loads(NetworkFiles(state).kept.read_text())
    except (OSError, ValueError):
        return None
    return BuildNetwork(kept["bridge"], IPv4Network(kept["subnet"]))


def remove_network(machine: Machine) -> bool:
    """Take bridge and firewall away; False when there were none. Nothing may run on the bridge."""
    network = find_kept(machine.state)
    if network is None:
        return False
    remove_bridge(network.bridge)
    remove_rules(network.bridge)
    NetworkFiles(machine.state).kept.unlink()
    return True


def remove_bridge(bridge: str) -> None:
    """Delete the interface: the next start of buildkitd makes it anew, with the present addresses."""
    probe_program((get_program("ip", "install iproute2"), "link", "delete", bridge, "type", "bridge"))


def choose_subnet(bridge: str, taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return a subnet that overlaps with none of the taken; two checkouts begin their search at different places."""
    candidates = [subnet for pool in _POOLS for subnet in pool.subnets(new_prefix=_PREFIX)]
    start = int(hashlib.sha256(bridge.encode()).hexdigest(), 16) % len(list(_POOLS[0].subnets(new_prefix=_PREFIX)))
    busy = tuple(taken)
    for subnet in chain(candidates[start:], candidates[:start]):
        if not any(subnet.overlaps(other) for other in busy):
            return subnet
    raise SetupError(
        f"every private network is in use on this machine, none is left for build steps: name one in {SETTING}, "
        "such as 10.9.0.0/22"
    )


def list_routed(routes: Iterable[Mapping[str, Any]], *, but: str) -> tuple[IPv4Network, ...]:
    """Return the networks that this machine's routes lead to (`ip -json route`), without those of one interface."""
    return tuple(
        IPv4Network(route["dst"], strict=False)
        for route in routes
        if route.get("dst", "default") != "default" and route.get("dev") != but
    )


def describe_network(network: BuildNetwork, resolvers: tuple[IPv4Address, ...], openings: tuple[Opening, ...]) -> str:
    """Say in one line what steps reach."""
    asked = ", ".join(map(str, resolvers)) or "public resolvers, for this machine's own is on loopback"
    opened = ", ".join(f"{each.address}:{each.port}" for each in openings)
    also = f"; opened to them: {opened}" if opened else ""
    return f"{network.bridge}, {network.subnet}: steps reach public addresses only, names from {asked}{also}"


def _choose_network(machine: Machine, wish: str, used: Iterable[IPv4Address]) -> BuildNetwork:
    bridge = f"pw-{hashlib.sha256(str(machine.checkout).encode()).hexdigest()[:8]}"
    if wish:
        return BuildNetwork(bridge, _parse_subnet(wish))
    printed = probe_program((get_program("ip", "install iproute2"), "-json", "-4", "route", "show", "table", "all"))
    taken = (*list_routed(json.loads(printed or "[]"), but=bridge), *map(IPv4Network, used))
    kept = find_kept(machine.state)
    if kept is not None and not any(kept.subnet.overlaps(other) for other in taken):
        return BuildNetwork(bridge, kept.subnet)
    return BuildNetwork(bridge, choose_subnet(bridge, taken))


def _parse_subnet(text: str) -> IPv4Network:
    try:
        subnet = IPv4Network(text)
    except ValueError:
        subnet = None
    if subnet is None or subnet.prefixlen not in _PREFIXES:
        raise SetupError(f"{SETTING} is {text!r}: write a free IPv4 network such as 10.9.0.0/22, or `host`")
    return subnet


def _find_mtu() -> int:
    """Return the size of packets on the way out, so that none is too large for it."""
    printed = probe_program((get_program("ip", "install iproute2"), "-json", "-4", "route", "show", "default"))
    sizes = [
        int(path.read_text())
        for route in json.loads(printed or "[]")
        if (path := Path("/sys/class/net") / route.get("dev", "") / "mtu").is_file()
    ]
    return min(sizes, default=_DEFAULT_MTU)
