from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.cluster_registration import (
    VAULT_CA_ANNOTATION,
    VAULT_HOST_ANNOTATION,
    read_registrations,
)
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.reasons import Reason
from tests.unit.domain.certificates import build_pem
from tests.unit.domain.kubeconfigs import CA_PEM, SERVER, TOKEN, build_secret, build_text


def read_refusal(*secrets: dict[str, Any]) -> ClusterTrouble:
    """Return why the one that is refused is refused."""
    found = read_registrations(secrets, own_name="c1")
    (refused,) = found.refused
    assert refused.refusal is not None
    assert TOKEN not in refused.refusal.message
    return refused.refusal


def test_a_secret_registers_a_cluster_with_its_labels() -> None:
    (found,) = read_registrations([build_secret()], own_name="c1").used.values()
    assert (found.name, found.secret, found.labels["env"]) == ("c2", "cluster-c2", "prod")
    assert (found.kubernetes_host, found.kubernetes_ca_pem) == (SERVER, CA_PEM)
    assert TOKEN not in repr(found)


def test_a_secret_may_register_several_and_one_that_is_broken_hinders_no_other() -> None:
    clusters = {"c2": build_text(), "c3": "nothing", "c4": build_text()}
    found = read_registrations([build_secret(clusters=clusters)], own_name="c1")
    assert list(found.used) == ["c2", "c4"]
    assert [each.name for each in found.refused] == ["c3"]


def test_vault_may_reach_the_cluster_by_another_address() -> None:
    other = build_pem()
    annotations = {VAULT_HOST_ANNOTATION: "https://api.example/", VAULT_CA_ANNOTATION: other}
    (found,) = read_registrations(
        [build_secret(annotations=annotations)], own_name="c1"
    ).used.values()
    assert (found.kubernetes_host, found.kubernetes_ca_pem) == ("https://api.example", other)
    assert found.access.server == SERVER


@pytest.mark.parametrize(
    ("annotations", "clusters", "words"),
    [
        ({VAULT_HOST_ANNOTATION: "http://api.example"}, None, "no https:// address"),
        ({VAULT_HOST_ANNOTATION: "https://a b"}, None, "no https:// address"),
        ({VAULT_CA_ANNOTATION: "none"}, None, "no PEM"),
    ],
)
def test_an_address_for_vault_that_cannot_be_used_is_refused(
    annotations: dict[str, str], clusters: dict[str, str] | None, words: str
) -> None:
    refusal = read_refusal(build_secret(annotations=annotations, clusters=clusters))
    assert refusal.reason is Reason.INVALID_VAULT_ADDRESS
    assert words in refusal.message


def test_one_address_for_vault_cannot_be_that_of_two_clusters() -> None:
    clusters = {"c2": build_text(), "c3": build_text()}
    annotations = {VAULT_HOST_ANNOTATION: "https://api.example"}
    found = read_registrations(
        [build_secret(clusters=clusters, annotations=annotations)], own_name="c1"
    )
    assert found.used == {}
    assert len(found.refused) == 2


@pytest.mark.parametrize("name", ["c_2", "C2", "c.2", "-c2", "c" * 64])
def test_names_that_are_no_dns_labels_are_refused(name: str) -> None:
    refusal = read_refusal(build_secret(clusters={name: build_text()}))
    assert refusal.reason is Reason.INVALID_CLUSTER_NAME
    assert repr(name) in refusal.message


def test_the_hubs_own_name_is_taken() -> None:
    refusal = read_refusal(build_secret(clusters={"c1": build_text()}))
    assert refusal.reason is Reason.CLUSTER_NAME_TAKEN
    assert "itself" in refusal.message


def test_of_two_secrets_for_one_name_the_older_counts() -> None:
    young = build_secret("a-young", creationTimestamp="2030-01-02T00:00:00Z")
    old = build_secret("old", creationTimestamp="2030-01-01T00:00:00Z")
    found = read_registrations([young, old], own_name="c1")
    assert found.used["c2"].secret == "old"
    refusal = read_refusal(young, old)
    assert refusal.reason is Reason.CLUSTER_NAME_TAKEN
    assert refusal.message.startswith("Secret a-young is refused. The older Secret old registers")


def test_an_older_secret_that_is_broken_keeps_no_name() -> None:
    broken = build_secret("broken", clusters={"c2": "x"}, creationTimestamp="2030-01-01T00:00:00Z")
    whole = build_secret("whole", creationTimestamp="2030-01-02T00:00:00Z")
    found = read_registrations([whole, broken], own_name="c1")
    assert found.used["c2"].secret == "whole"
    assert [each.name for each in found.refused] == ["c2"]


@pytest.mark.parametrize("data", [{"c2": "%%"}, {"c2": "/w=="}, {"c2": None}])
def test_data_that_is_no_text_is_refused(data: dict[str, Any]) -> None:
    refusal = read_refusal({**build_secret(), "data": data})
    assert refusal.reason is Reason.INVALID_KUBECONFIG


def test_a_secret_without_data_registers_nothing() -> None:
    secret = {**build_secret(), "data": None}
    assert read_registrations([secret], own_name="c1").used == {}
