"""Where Vaults are reached from here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roottrust.cli.own_access import OwnAccess
from roottrust.cli.verify.vault_places import VaultPlaces, find_vault_places
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.vault.connection import VaultConnection
from tests.unit.domain.chains import OTHER_ROOT, ROOT
from tests.unit.domain.verified import build_spec

ADDRESS = "https://vault.example:8200"
OTHER = "https://other.example:8200"
HERE = "https://localhost:8200"


def connect(places: VaultPlaces, **changes: Any) -> VaultConnection:
    spec = build_spec().model_dump(by_alias=True)["agentCa"]["vault"]
    vault = build_spec(agentCa={"vault": {**spec, **changes}}).agent_ca.vault
    return places.build_connection(vault, timeout_seconds=3)


def test_without_a_word_the_address_of_the_mesh_is_used_with_its_ca() -> None:
    found = connect(find_vault_places([ADDRESS], OwnAccess()), caBundle=ROOT.pem, namespace="team")
    assert found == VaultConnection(
        address=ADDRESS, endpoint=ADDRESS, namespace="team", ca_pem=ROOT.pem, timeout_seconds=3
    )


def test_vault_addr_is_where_the_only_server_is_and_its_ca_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(OTHER_ROOT.pem)
    places = find_vault_places([ADDRESS, ADDRESS], OwnAccess(address=HERE, ca_file=path))
    found = connect(places, caBundle=ROOT.pem)
    assert (found.address, found.endpoint, found.ca_pem) == (ADDRESS, HERE, OTHER_ROOT.pem)
    assert places.notes == (f"Vault {ADDRESS} is read at {HERE}.",)


def test_vault_addr_of_one_of_several_says_whose_ca_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(OTHER_ROOT.pem)
    own = OwnAccess(address=ADDRESS, ca_file=path)
    places = find_vault_places([ADDRESS, OTHER], own)
    assert places.notes == ()
    assert connect(places).ca_pem == OTHER_ROOT.pem
    assert connect(places, server=OTHER, caBundle=ROOT.pem).ca_pem == ROOT.pem


def test_vault_addr_that_is_none_of_several_is_told_not_to_count() -> None:
    places = find_vault_places([ADDRESS, OTHER], OwnAccess(address=HERE))
    assert connect(places).endpoint == ADDRESS
    assert "is not used" in places.notes[0]


def test_a_given_endpoint_goes_before_vault_addr() -> None:
    places = find_vault_places([ADDRESS], OwnAccess(address=HERE), ["https://a:1/"])
    assert connect(places).endpoint == "https://a:1"


def test_endpoints_of_several_are_named() -> None:
    places = find_vault_places([ADDRESS, OTHER], OwnAccess(), [f"{OTHER}=https://a:1"])
    assert connect(places).endpoint == ADDRESS
    assert connect(places, server=OTHER).endpoint == "https://a:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["https://a:1"], "write ADDRESS=URL with one of"),
        (["https://x=https://a:1"], "no mesh has that address"),
        ([f"{OTHER}=a:1"], "an endpoint begins with https://"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(InvalidSpecError, match=said):
        find_vault_places([ADDRESS, OTHER], OwnAccess(), words)


def test_a_ca_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    places = find_vault_places([ADDRESS], OwnAccess(ca_file=tmp_path / "none"))
    with pytest.raises(DependencyMissingError, match="VAULT_CACERT"):
        connect(places)
