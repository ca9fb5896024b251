from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.discovery import POD_LABELS_MAX, read_istiod
from tests.unit.domain.istiods import build_istiod


def build(**changes: Any) -> dict[str, Any]:
    found = build_istiod(**changes)
    found["spec"] |= {"replicas": 2}
    found["status"] = {"readyReplicas": 1}
    return found


def test_an_istiod_is_read_from_its_deployment() -> None:
    istiod = read_istiod(build())
    assert istiod is not None
    assert (istiod.namespace, istiod.deployment) == ("istio-system", "istiod")
    assert istiod.pod_labels == {"app": "istiod"}
    assert (istiod.version, istiod.revision) == ("1.30.0", "default")
    assert istiod.service_account == "istiod"
    assert (istiod.ready, istiod.wanted) == (1, 2)


def test_a_deployment_that_merely_carries_the_label_is_none() -> None:
    assert read_istiod(build(discovery={"name": "exporter"})) is None


def test_a_deployment_without_the_label_is_none() -> None:
    found = build()
    found["metadata"]["labels"] = {"app": "other"}
    assert read_istiod(found) is None


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/istio/pilot:1.28.1-distroless", "1.28.1-distroless"),
        ("registry.example:5000/istio/pilot", "1.27"),
        ("registry.example:5000/pilot:v1.30.0@sha256:00ff", "v1.30.0"),
        ("localhost/pilot:lab", "1.27"),
        ("localhost/1.30", "1.27"),
        ("", "1.27"),
    ],
)
def test_the_version_is_that_of_the_image_or_else_of_the_chart(image: str, version: str) -> None:
    found = build(discovery={"image": image})
    found["metadata"]["labels"]["app.kubernetes.io/version"] = "1.27"
    istiod = read_istiod(found)
    assert istiod is not None
    assert istiod.version == version


def test_an_image_of_any_length_is_read_at_once() -> None:
    """Whoever may write a Deployment could stop the operator by one otherwise."""
    begun = time.process_time()
    istiod = read_istiod(build(discovery={"image": "a" * 1_000_000}))
    assert istiod is not None
    assert time.process_time() - begun < 5


def test_of_two_variables_of_one_name_the_last_counts() -> None:
    env = [{"name": "REVISION", "value": each} for each in ("old", "canary")]
    istiod = read_istiod(build(discovery={"env": env}))
    assert istiod is not None
    assert istiod.revision == "canary"


@pytest.mark.parametrize(
    ("env", "label", "revision", "config"),
    [
        ({}, None, "default", "istio"),
        ({"REVISION": "default"}, "default", "default", "istio"),
        ({"REVISION": "canary"}, "old", "canary", "istio-canary"),
        ({}, "1-30", "1-30", "istio-1-30"),
    ],
)
def test_the_revision_tells_where_the_mesh_configuration_lies(
    env: dict[str, str], label: str | None, revision: str, config: str
) -> None:
    found = build(env=env)
    if label:
        found["metadata"]["labels"]["istio.io/rev"] = label
    istiod = read_istiod(found)
    assert istiod is not None
    assert (istiod.revision, istiod.mesh_config_name) == (revision, config)


def test_of_many_labels_those_that_select_the_pods_are_kept() -> None:
    found = build()
    labels = {"app": "istiod", "zone": "z", **{f"a{number}": "x" for number in range(20)}}
    found["spec"]["template"]["metadata"]["labels"] = labels
    found["spec"]["selector"] = {"matchLabels": {"zone": "z"}}
    istiod = read_istiod(found)
    assert istiod is not None
    assert len(istiod.pod_labels) == POD_LABELS_MAX
    assert {"app", "zone"} < set(istiod.pod_labels)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(spec=_JSON, labels=_JSON, status=_JSON)
def test_no_deployment_makes_it_raise(spec: object, labels: object, status: object) -> None:
    read_istiod({"metadata": {"labels": labels, "name": "a"}, "spec": spec, "status": status})
