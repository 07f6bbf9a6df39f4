from ipaddress import IPv4Address, IPv4Network

import pytest

from tools.machine.firewall import Opening, describe_rules, is_closed, list_forwarding

SUBNET = IPv4Network("10.201.4.0/22")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.1",
        "255.255.255.255",
    ],
)
def test_metadata_private_and_loopback_addresses_are_closed(address: str) -> None:
    assert is_closed(IPv4Address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "172.32.0.1", "100.128.0.1", "11.0.0.1", "192.169.0.1"])
def test_public_addresses_are_not_closed(address: str) -> None:
    assert not is_closed(IPv4Address(address))


def test_the_rules_refuse_what_is_closed_and_this_machine() -> None:
    rules = describe_rules("pw-1", SUBNET, ())
    assert "169.254.0.0/16" in rules
    assert "ip saddr 10.201.4.0/22 ip daddr != @closed accept" in rules
    assert rules.count("reject with icmpx admin-prohibited") == 2


def test_the_rules_replace_those_of_an_earlier_set_up() -> None:
    assert describe_rules("pw-1", SUBNET, ()).startswith("table inet pw-1\ndelete table inet pw-1\ntable inet pw-1 {")


def test_an_opening_is_one_port_of_one_address() -> None:
    openings = (Opening(IPv4Address("10.0.0.7"), 3128), Opening(IPv4Address("10.0.0.2"), 53, "udp"))
    assert "elements = { 10.0.0.2 . udp . 53, 10.0.0.7 . tcp . 3128 }" in describe_rules("pw-1", SUBNET, openings)


def test_nothing_is_opened_unless_it_is_named() -> None:
    assert "set open { type ipv4_addr . inet_proto . inet_service; ; }" in describe_rules("pw-1", SUBNET, ())


def test_answers_alone_are_forwarded_to_the_bridge() -> None:
    outward, inward = list_forwarding("pw-1")
    assert outward == ("-i", "pw-1", "-j", "ACCEPT")
    assert inward[inward.index("--ctstate") + 1] == "RELATED,ESTABLISHED"
