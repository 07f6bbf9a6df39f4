import json
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from tools.machine.build_network import (
    BuildNetwork,
    choose_subnet,
    describe_network,
    find_kept,
    list_routed,
    prepare_network,
    write_plugins,
)
from tools.machine.firewall import Opening
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine

NETWORK = BuildNetwork("pw-1", IPv4Network("10.201.4.0/22"))


def machine(tmp_path: Path, **settings: str) -> Machine:
    (tmp_path / ".pushwright").mkdir(exist_ok=True)
    return Machine(tmp_path, settings, is_root=True, has_apt=False)


def test_a_subnet_overlaps_with_nothing_that_is_routed() -> None:
    taken = [IPv4Network("10.0.0.0/8"), IPv4Network("172.30.0.0/17")]
    found = choose_subnet("pw-1", taken)
    assert not any(found.overlaps(network) for network in taken)
    assert found.is_private


def test_a_subnet_stays_the_same_for_one_bridge() -> None:
    assert choose_subnet("pw-1", []) == choose_subnet("pw-1", [])


def test_a_taken_subnet_leads_to_the_next() -> None:
    first = choose_subnet("pw-1", [])
    assert choose_subnet("pw-1", [first]) != first


def test_no_free_subnet_is_said() -> None:
    with pytest.raises(SetupError, match="PUSHWRIGHT_BUILD_NETWORK"):
        choose_subnet("pw-1", [IPv4Network("0.0.0.0/0")])


def test_the_routes_of_the_bridge_itself_do_not_count() -> None:
    routes = [
        {"dst": "default", "dev": "eth0"},
        {"dst": "192.168.1.0/24", "dev": "eth0"},
        {"dst": "10.201.4.0/22", "dev": "pw-1"},
        {"dst": "192.168.1.7", "dev": "eth0", "type": "local"},
    ]
    assert list_routed(routes, but="pw-1") == (IPv4Network("192.168.1.0/24"), IPv4Network("192.168.1.7/32"))


def test_steps_are_kept_apart_on_the_bridge() -> None:
    plugin = json.loads(NETWORK.describe_plugins(Path("/leases"), 1400))["plugins"][0]
    assert (plugin["bridge"], plugin["portIsolation"], plugin["ipMasq"], plugin["mtu"]) == ("pw-1", True, False, 1400)
    assert plugin["ipam"]["ranges"] == [[{"subnet": "10.201.4.0/22"}]]


def test_the_network_is_found_again(tmp_path: Path) -> None:
    here = machine(tmp_path)
    assert find_kept(here.state) is None
    assert write_plugins(here, NETWORK)
    assert not write_plugins(here, NETWORK)
    assert find_kept(here.state) == NETWORK


def test_the_hosts_network_is_used_only_when_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare_network(machine(tmp_path, PUSHWRIGHT_BUILD_NETWORK="host")) is None
    assert "a step reaches whatever this machine reaches" in capsys.readouterr().out


def test_the_operators_file_is_read_and_the_environment_is_stronger(tmp_path: Path) -> None:
    here = machine(tmp_path, PUSHWRIGHT_C="strong")
    assert here.read_settings() == {"PUSHWRIGHT_C": "strong"}
    (here.state / "service.env").write_text('# PUSHWRIGHT_A=no\nPUSHWRIGHT_B="10.0.0.7:80"\n\nPUSHWRIGHT_C=x=y\n')
    assert here.read_settings() == {"PUSHWRIGHT_B": "10.0.0.7:80", "PUSHWRIGHT_C": "strong"}


def test_one_line_says_what_steps_reach() -> None:
    said = describe_network(NETWORK, (IPv4Address("10.0.0.2"),), (Opening(IPv4Address("10.0.0.7"), 3128),))
    assert said == (
        "pw-1, 10.201.4.0/22: steps reach public addresses only, names from 10.0.0.2; opened to them: 10.0.0.7:3128"
    )
