"""Cluster DNS knows Vault's names, and its answers are understood."""

import struct
from ipaddress import IPv4Address

import yaml

from testbed import coredns


def corefile(names: tuple[str, ...]) -> str:
    text = coredns.manifest(
        address=IPv4Address("10.79.1.10"),
        image="localhost/coredns:testbed",
        vault_address=IPv4Address("10.77.0.1"),
        vault_names=names,
    )
    documents = {document["kind"]: document for document in yaml.safe_load_all(text)}
    assert documents["Service"]["spec"]["clusterIP"] == "10.79.1.10"
    content = documents["ConfigMap"]["data"]["Corefile"]
    assert isinstance(content, str)
    return content


def test_vault_is_known_by_its_names() -> None:
    assert "10.77.0.1 vault.example other.example\n" in corefile(("vault.example", "other.example"))


def test_no_names_leave_a_valid_configuration() -> None:
    assert "10.77.0.1" not in corefile(())


def test_a_question_is_encoded() -> None:
    question = coredns.query(7, "a.bc")
    assert question == struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\1a\2bc\0\0\1\0\1"


def test_only_a_successful_answer_to_the_question_counts() -> None:
    good = struct.pack(">6H", 7, 0x8180, 1, 1, 0, 0)
    assert coredns.has_answer(7, good)
    assert not coredns.has_answer(8, good)
    assert not coredns.has_answer(7, struct.pack(">6H", 7, 0x8183, 1, 0, 0, 0))
    assert not coredns.has_answer(7, b"short")
