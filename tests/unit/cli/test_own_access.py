"""A person's token goes to the server that it is for, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.cli.own_access import find_own_access, list_notes
from roottrust.domain.errors import DependencyMissingError
from roottrust.runtime.settings_vault import VaultServerSettings
from tests.unit.domain.samples import TOKEN


def build(address: str, endpoint: str = "") -> VaultServerSettings:
    login = {"tokenFile": {"path": "/token"}}
    return VaultServerSettings.model_validate(
        {"address": address, "endpoint": endpoint, "login": login}
    )


ONE = build("https://one:8200")
TWO = build("https://two:8200", "https://127.0.0.1:8200")
BOTH = (ONE, TWO)


def test_the_token_of_the_variable_goes_before_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text("of-file\n")
    own = find_own_access({"VAULT_TOKEN": TOKEN}, home=tmp_path)
    assert own.token is not None
    assert own.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(own)
    of_file = find_own_access({}, home=tmp_path)
    assert of_file.token is not None
    assert (of_file.token.get_secret_value(), of_file.origin) == ("of-file", "~/.vault-token")


def test_without_a_token_there_is_none(tmp_path: Path) -> None:
    own = find_own_access({"VAULT_TOKEN": " "}, home=tmp_path)
    assert own.token is None
    assert list_notes(own, BOTH) == ()


def test_it_is_for_the_only_server(tmp_path: Path) -> None:
    own = find_own_access({"VAULT_TOKEN": TOKEN}, home=tmp_path)
    assert own.is_for(ONE, (ONE,))
    assert list_notes(own, (ONE,)) == ()


def test_of_several_servers_it_is_for_none_until_one_is_named(tmp_path: Path) -> None:
    own = find_own_access({"VAULT_TOKEN": TOKEN}, home=tmp_path)
    assert not any(own.is_for(each, BOTH) for each in BOTH)
    (note,) = list_notes(own, BOTH)
    assert note == (
        "VAULT_TOKEN is not used: name its server by VAULT_ADDR, one of https://one:8200, "
        "https://two:8200."
    )


@pytest.mark.parametrize("address", ["https://two:8200/", "https://127.0.0.1:8200"])
def test_it_is_for_the_server_that_is_named(tmp_path: Path, address: str) -> None:
    own = find_own_access({"VAULT_TOKEN": TOKEN, "VAULT_ADDR": address}, home=tmp_path)
    assert [own.is_for(each, BOTH) for each in BOTH] == [False, True]


def test_it_never_goes_to_another_server_than_the_one_named(tmp_path: Path) -> None:
    given = {"VAULT_TOKEN": TOKEN, "VAULT_ADDR": "https://elsewhere:8200"}
    own = find_own_access(given, home=tmp_path)
    assert not own.is_for(ONE, (ONE,))
    (note,) = list_notes(own, (ONE,))
    assert "VAULT_ADDR https://elsewhere:8200 is no address or endpoint" in note


def test_a_ca_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    own = find_own_access({"VAULT_CACERT": str(path)}, home=tmp_path)
    with pytest.raises(DependencyMissingError, match=r"VAULT_CACERT .* cannot be read"):
        own.read_ca()
    path.write_text("pem")
    assert own.read_ca() == "pem"
    assert find_own_access({}, home=tmp_path).read_ca() is None
