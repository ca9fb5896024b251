from __future__ import annotations

from typing import Any

from roottrust.domain.cluster_registration import VAULT_HOST_ANNOTATION, read_registrations
from roottrust.domain.kubeconfig import parse_kubeconfig
from roottrust.domain.registration_manifest import build_registration, find_registering
from tests.unit.domain.kubeconfigs import build_secret, build_text

ACCESS = parse_kubeconfig(build_text())


def build(found: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    return build_registration(
        "c2",
        ACCESS,
        namespace="gloo-mesh",
        found=found,
        labels=given.get("labels", {}),
        annotations=given.get("annotations", {}),
    )


def test_the_hub_reads_from_it_what_was_written() -> None:
    annotations = {VAULT_HOST_ANNOTATION: "https://api.example"}
    secret = build(labels={"env": "prod"}, annotations=annotations)
    (found,) = read_registrations([secret], own_name="c1").used.values()
    assert (found.name, found.secret) == ("c2", "roottrust-cluster-c2")
    assert (found.access, found.kubernetes_host) == (ACCESS, "https://api.example")
    assert found.labels["env"] == "prod"


def test_what_it_has_stays_unless_something_else_is_given() -> None:
    first = build(labels={"a": "1", "b": "2"}, annotations={VAULT_HOST_ANNOTATION: "https://a"})
    again = build(first)
    assert again == first
    changed = build(first, labels={"a": "9", "b": None})["metadata"]
    assert changed["labels"] == {"istio/multiCluster": "true", "a": "9"}
    assert changed["annotations"] == {VAULT_HOST_ANNOTATION: "https://a"}


def test_it_stays_a_registration_whatever_labels_are_given() -> None:
    secret = build(labels={"istio/multiCluster": None})
    assert secret["metadata"]["labels"] == {"istio/multiCluster": "true"}


def test_a_cluster_that_somebody_else_registered_keeps_its_secret() -> None:
    theirs = build_secret("istio-remote-secret-c2", creationTimestamp="2030-01-01T00:00:00Z")
    younger = build_secret("other", creationTimestamp="2030-01-02T00:00:00Z")
    found = find_registering("c2", [younger, theirs])
    assert found == theirs
    assert build(theirs)["metadata"]["name"] == "istio-remote-secret-c2"
    assert find_registering("c3", [theirs]) is None


def test_one_that_is_refused_is_mended_where_it_is() -> None:
    broken = build_secret("broken", clusters={"c2": "x"})
    assert find_registering("c2", [broken]) == broken
