"""A workload's pod gets istio's agent, and keeps what it had."""

from __future__ import annotations

from testbed.istio_agent import CERTIFICATES, add_agent

_SPEC = {
    "serviceAccountName": "reviews",
    "containers": [{"name": "app", "volumeMounts": [{"name": "own", "mountPath": "/own"}]}],
    "volumes": [{"name": "own", "emptyDir": {}}],
}


def test_the_agent_starts_first_and_shares_its_certificates() -> None:
    spec = add_agent(_SPEC, namespace="bookinfo", certificate_seconds=20)
    (agent,) = spec["initContainers"]
    assert agent["restartPolicy"] == "Always"
    assert {"name": "SECRET_TTL", "value": "20s"} in agent["env"]
    assert "bookinfo.svc.cluster.local" in agent["args"]
    (app,) = spec["containers"]
    assert [each["mountPath"] for each in app["volumeMounts"]] == ["/own", CERTIFICATES]
    volumes = {each["name"] for each in spec["volumes"]}
    mounted = [*agent["volumeMounts"], *app["volumeMounts"]]
    assert {each["name"] for each in mounted} == volumes
    assert spec["serviceAccountName"] == "reviews"


def test_what_was_given_is_left_as_it_was() -> None:
    add_agent(_SPEC, namespace="bookinfo", certificate_seconds=20)
    assert "initContainers" not in _SPEC
    assert len(_SPEC["volumes"]) == 1
