"""What build steps may reach: rules for one bridge, in a table of its own that is replaced as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from tools.machine.programs import find_program, get_program, probe_program, run_input
from tools.machine.report import SetupError

CLOSED = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' and clouds' own networks
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's agent and metadata
        "169.254.0.0/16",  # clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_ADVICE = "install nftables, or name a BuildKit in PUSHWRIGHT_BUILDKIT_ADDRESS"


@dataclass(frozen=True, order=True)
class Opening:
    """One port of one address that steps may reach although the address is closed to them."""

    address: IPv4Address
    port: int
    protocol: Literal["tcp", "udp"] = "tcp"


def is_closed(address: IPv4Address) -> bool:
    """Whether steps do not reach the address unless it is opened."""
    return any(address in network for network in CLOSED)


def describe_rules(bridge: str, subnet: IPv4Network, openings: Iterable[Opening]) -> str:
    """Write the input of `nft` that makes or replaces the table of this bridge."""
    closed = ", ".join(str(network) for network in CLOSED)
    opened = ", ".join(f"{each.address} . {each.protocol} . {each.port}" for each in sorted(set(openings)))
    elements = f"elements = {{ {opened} }}" if opened else ""
    return f"""\
table inet {bridge}
delete table inet {bridge}
table inet {bridge} {{
  set open {{ type ipv4_addr . inet_proto . inet_service; {elements}; }}
  set closed {{ type ipv4_addr; flags interval; elements = {{ {closed} }}; }}

  # To this machine itself, whatever the address.
  chain input {{
    type filter hook input priority filter - 5; policy accept;
    iifname != "{bridge}" accept
    ct state established,related accept
    ip saddr {subnet} ip daddr . meta l4proto . th dport @open accept
    reject with icmpx admin-prohibited
  }}

  # Through this machine to others, and to neighbours on the bridge.
  chain forward {{
    type filter hook forward priority filter - 5; policy accept;
    iifname != "{bridge}" oifname "{bridge}" ct state new drop
    iifname != "{bridge}" accept
    ct state established,related accept
    ip saddr {subnet} ip daddr . meta l4proto . th dport @open accept
    ip saddr {subnet} ip daddr != @closed accept
    reject with icmpx admin-prohibited
  }}

  chain leaving {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {subnet} oifname != "{bridge}" masquerade
  }}
}}
"""


def apply_rules(bridge: str, rules: str) -> None:
    """Put the rules in place, and let the machine's own firewall forward for the bridge."""
    failure = run_input((get_program("nft", _ADVICE), "-f", "-"), rules)
    if failure is not None:
        raise SetupError(
            f"the firewall of build steps cannot be made: {failure}\nLoad the kernel's nf_tables, or {_ADVICE}"
        )
    iptables = find_program("iptables")
    for rule in list_forwarding(bridge) if iptables else ():
        if probe_program((str(iptables), "-w", "-C", "FORWARD", *rule)) is None:
            probe_program((str(iptables), "-w", "-I", "FORWARD", *rule))


def remove_rules(bridge: str) -> None:
    """Take the table and the forwarding rules away; nothing happens when they are gone."""
    nft, iptables = find_program("nft"), find_program("iptables")
    if nft is not None:
        probe_program((nft, "delete", "table", "inet", bridge))
    for rule in list_forwarding(bridge) if iptables else ():
        probe_program((str(iptables), "-w", "-D", "FORWARD", *rule))


def list_forwarding(bridge: str) -> tuple[tuple[str, ...], ...]:
    """Return the rules that FORWARD needs where its policy is to drop, as docker makes it.

    They open nothing: what our own table refuses stays refused.
    """
    answers = ("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
    return (("-i", bridge, "-j", "ACCEPT"), ("-o", bridge, *answers, "-j", "ACCEPT"))
