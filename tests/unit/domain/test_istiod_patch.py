"""The agent gets beside every istiod that is the chart's own, and nothing else is touched."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.istiod_patch import KINDS_TO_READ, IstiodPatch, plan_istiod_patch
from tests.unit.domain.istiods import (
    AUDIENCE,
    IMAGE,
    build_istiod,
    build_request,
    names,
    read_pod,
)

OTHER = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "istiod"}}


def patch_one(istiod: dict[str, Any], **request: Any) -> dict[str, Any]:
    patch = plan_istiod_patch([istiod], build_request(**request))
    assert patch.faults == ()
    return read_pod(patch.changed[0])


def apply(documents: list[dict[str, Any]], patch: IstiodPatch) -> list[dict[str, Any]]:
    changed = [patch.changed.get(position, each) for position, each in enumerate(documents)]
    return [*changed, *patch.appended]


def test_istiod_gets_an_init_container_and_a_container_as_the_guide_has_them() -> None:
    pod = patch_one(build_istiod())
    assert names(pod["containers"]) == ["discovery", "istiod-agent"]
    assert names(pod["initContainers"]) == ["istiod-agent-init"]
    for container, argument in (
        (pod["containers"][1], "sidecar"),
        (pod["initContainers"][0], "init-container"),
    ):
        assert container["image"] == IMAGE
        assert container["args"] == [argument]
        assert names(container["env"]) == [
            "PILOT_CERT_PROVIDER",
            "POD_NAME",
            "POD_NAMESPACE",
            "SERVICE_ACCOUNT",
        ]
        assert {"name": "cacerts", "mountPath": "/etc/cacerts"} in container["volumeMounts"]


def test_the_ca_is_in_memory_only_and_the_secret_is_gone() -> None:
    volumes = patch_one(build_istiod())["volumes"]
    assert names(volumes) == ["local-certs", "cacerts", "roottrust-vault-token"]
    assert volumes[1] == {
        "name": "cacerts",
        "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"},
    }


def test_the_token_is_for_vault_alone_and_lives_ten_minutes() -> None:
    pod = patch_one(build_istiod())
    assert pod["volumes"][-1]["projected"]["sources"] == [
        {
            "serviceAccountToken": {
                "audience": AUDIENCE,
                "expirationSeconds": 600,
                "path": "vault-token",
            }
        }
    ]
    for container in (pod["containers"][1], pod["initContainers"][0]):
        mount = container["volumeMounts"][-1]
        assert mount["mountPath"] == "/var/run/secrets/roottrust"
        assert mount["readOnly"] is True


def test_without_an_audience_no_token_is_mounted() -> None:
    pod = patch_one(build_istiod(), audience=None)
    assert names(pod["volumes"]) == ["local-certs", "cacerts"]
    assert names(pod["containers"][1]["volumeMounts"]) == ["cacerts"]


def test_a_native_sidecar_is_one_container_that_istiod_waits_for() -> None:
    pod = patch_one(build_istiod(), is_native_sidecar=True)
    assert names(pod["containers"]) == ["discovery"]
    (agent,) = pod["initContainers"]
    assert (agent["name"], agent["args"]) == ("istiod-agent", ["agent"])
    assert agent["restartPolicy"] == "Always"
    assert agent["startupProbe"]["httpGet"] == {"path": "/startupz", "port": 9443}


def test_nothing_but_istiod_decides_whether_the_pod_is_ready() -> None:
    for is_native_sidecar in (True, False):
        pod = patch_one(build_istiod(), is_native_sidecar=is_native_sidecar)
        added = [*pod["initContainers"], *pod["containers"][1:]]
        assert not any("readinessProbe" in each for each in added)


def test_the_agent_may_nothing_on_its_node() -> None:
    pod = patch_one(build_istiod())
    for container in (pod["containers"][1], pod["initContainers"][0]):
        assert container["securityContext"] == {
            "runAsUser": 1337,
            "runAsGroup": 1337,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }


@pytest.mark.parametrize(
    ("discovery", "pod"),
    [
        ({"securityContext": {"runAsUser": 4711, "runAsGroup": 4712}}, {}),
        ({}, {"securityContext": {"runAsUser": 4711, "runAsGroup": 4712}}),
        (
            {"securityContext": {"runAsUser": 4711, "runAsGroup": 4712}},
            {"securityContext": {"runAsUser": 1, "runAsGroup": 2}},
        ),
    ],
)
def test_the_agent_is_the_user_that_istiod_is(
    discovery: dict[str, Any], pod: dict[str, Any]
) -> None:
    patched = patch_one(build_istiod(discovery=discovery, pod=pod))
    context = patched["containers"][1]["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (4711, 4712)


def test_every_container_has_a_request_for_cpu_so_that_istiod_is_still_scaled() -> None:
    for is_native_sidecar in (True, False):
        pod = patch_one(build_istiod(), is_native_sidecar=is_native_sidecar)
        for container in [*pod["initContainers"], *pod["containers"][1:]]:
            assert container["resources"]["requests"]["cpu"]


def test_what_the_pod_had_stays() -> None:
    wait = {"name": "wait", "image": "wait"}
    istiod = build_istiod(pod={"initContainers": [wait], "nodeSelector": {"disk": "ssd"}})
    before = copy.deepcopy(istiod)
    pod = patch_one(istiod)
    assert istiod == before
    assert pod["initContainers"][0] == wait
    assert pod["nodeSelector"] == {"disk": "ssd"}
    assert pod["containers"][0] == read_pod(before)["containers"][0]


def test_rights_are_for_the_account_of_istiod_in_its_namespace() -> None:
    istiod = build_istiod(name="istiod-canary", namespace="mesh")
    role, binding = plan_istiod_patch([istiod], build_request()).appended
    assert role["metadata"] == {"name": "roottrust-agent-istiod-canary", "namespace": "mesh"}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["metadata"] == role["metadata"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "istiod-canary", "namespace": "mesh"}
    ]


def test_a_pod_that_names_no_account_has_the_default_one() -> None:
    istiod = build_istiod()
    del read_pod(istiod)["serviceAccountName"]
    _, binding = plan_istiod_patch([istiod], build_request()).appended
    assert binding["subjects"][0]["name"] == "default"


def test_every_revision_is_patched_and_has_rights_of_its_own() -> None:
    documents = [build_istiod(), OTHER, build_istiod(name="istiod-canary")]
    patch = plan_istiod_patch(documents, build_request())
    assert (patch.istiods, sorted(patch.changed)) == (2, [0, 2])
    assert len(patch.appended) == 4


def test_an_account_that_two_share_has_its_rights_once() -> None:
    shared = {"serviceAccountName": "istiod-service-account"}
    documents = [build_istiod(pod=shared), build_istiod(name="istiod-canary", pod=shared)]
    assert len(plan_istiod_patch(documents, build_request()).appended) == 2


def test_rights_can_be_left_out() -> None:
    assert plan_istiod_patch([build_istiod()], build_request(brings_rbac=False)).appended == ()


def test_a_namespace_that_is_not_written_is_the_one_that_is_given() -> None:
    istiod = build_istiod(namespace=None)
    patch = plan_istiod_patch([istiod], build_request(namespace="mesh"))
    assert patch.appended[0]["metadata"]["namespace"] == "mesh"
    assert "namespace" not in patch.changed[0]["metadata"]


def test_rights_need_a_namespace() -> None:
    patch = plan_istiod_patch([build_istiod(namespace=None)], build_request())
    assert "--namespace" in patch.faults[0]
    assert (patch.changed, patch.appended) == ({}, ())
    patch = plan_istiod_patch([build_istiod(namespace=None)], build_request(brings_rbac=False))
    assert patch.changed


def test_an_istiod_is_found_by_the_label_of_its_pods_as_well() -> None:
    istiod = build_istiod()
    istiod["metadata"]["labels"] = {}
    assert plan_istiod_patch([istiod], build_request()).istiods == 1


@pytest.mark.parametrize(
    "document",
    [
        {},
        OTHER,
        {"kind": "Deployment"},
        {"kind": "Deployment", "metadata": "x", "spec": ["y"]},
        build_istiod() | {"kind": "StatefulSet"},
        {"kind": "Deployment", "metadata": {"labels": {"app": "istio-ingressgateway"}}},
    ],
)
def test_what_is_not_istiod_is_not_touched(document: dict[str, Any]) -> None:
    assert plan_istiod_patch([document], build_request()) == IstiodPatch(istiods=0)


@pytest.mark.parametrize("is_native_sidecar", [True, False])
def test_an_istiod_that_has_the_agent_is_left_as_it_is(is_native_sidecar: bool) -> None:
    request = build_request(is_native_sidecar=is_native_sidecar)
    patched = apply([build_istiod()], plan_istiod_patch([build_istiod()], request))
    for again in (build_request(), build_request(is_native_sidecar=True, audience=None)):
        patch = plan_istiod_patch(patched, again)
        assert (patch.istiods, patch.changed, patch.appended) == (1, {}, ())
        assert patch.notes == (
            f"Deployment istio-system/istiod has the agent already ({IMAGE}): left as it is.",
        )


def test_one_that_has_the_agent_without_its_rights_gets_these() -> None:
    request = build_request(brings_rbac=False)
    (patched,) = apply([build_istiod()], plan_istiod_patch([build_istiod()], request))
    patch = plan_istiod_patch([patched], build_request())
    assert patch.changed == {}
    assert [each["kind"] for each in patch.appended] == ["Role", "RoleBinding"]


def test_a_native_sidecar_that_istiod_does_not_wait_for_is_told() -> None:
    agent = {"name": "istiod-agent", "image": IMAGE, "restartPolicy": "Always"}
    patch = plan_istiod_patch([build_istiod(pod={"initContainers": [agent]})], build_request())
    assert "no startupProbe" in patch.notes[1]


_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_TEXTS = st.text(max_size=8)
_POD_PARTS = st.fixed_dictionaries(
    {},
    optional={
        "initContainers": st.lists(st.builds(lambda name: {"name": name}, _NAMES), max_size=3),
        "nodeSelector": st.dictionaries(_NAMES, _TEXTS),
        "securityContext": st.fixed_dictionaries(
            {}, optional={"runAsUser": st.integers(1, 9999), "fsGroup": st.integers(1, 9999)}
        ),
    },
)
_ISTIODS = st.builds(
    build_istiod,
    name=st.sampled_from(["istiod", "istiod-canary", "istiod-1-28", "istiod-service-account"]),
    namespace=st.sampled_from(["istio-system", "mesh"]),
    env=st.dictionaries(st.from_regex(r"X_[A-Z]{1,5}", fullmatch=True), _TEXTS, max_size=3),
    pod=_POD_PARTS,
)
_REQUESTS = st.builds(
    build_request,
    audience=st.none() | st.just(AUDIENCE),
    is_native_sidecar=st.booleans(),
    brings_rbac=st.booleans(),
)


@given(documents=st.lists(_ISTIODS | st.just(OTHER), max_size=4), request=_REQUESTS)
def test_patching_what_is_patched_changes_nothing(
    documents: list[dict[str, Any]], request: Any
) -> None:
    patch = plan_istiod_patch(documents, request)
    assert patch.faults == ()
    again = plan_istiod_patch(apply(documents, patch), request)
    assert (again.istiods, again.changed, again.appended) == (patch.istiods, {}, ())


@given(istiod=_ISTIODS, request=_REQUESTS)
def test_the_agent_is_added_and_only_the_volume_cacerts_is_exchanged(
    istiod: dict[str, Any], request: Any
) -> None:
    before, after = read_pod(istiod), read_pod(plan_istiod_patch([istiod], request).changed[0])
    for key in ("containers", "initContainers"):
        old = before.get(key, [])
        assert after[key][: len(old)] == old
        assert all(name.startswith("istiod-agent") for name in names(after[key][len(old) :]))
    kept = [each for each in before["volumes"] if each["name"] != "cacerts"]
    assert [each for each in after["volumes"] if each in kept] == kept
    assert {key: after[key] for key in before if key in ("nodeSelector", "securityContext")} == {
        key: before[key] for key in before if key in ("nodeSelector", "securityContext")
    }


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)


_KINDS = st.sampled_from(sorted(KINDS_TO_READ)) | _ANYTHING


@given(pod=_ANYTHING, volume=_ANYTHING, env=_ANYTHING, kind=_KINDS, metadata=_ANYTHING)
def test_no_form_of_a_document_makes_the_patch_fail_with_a_trace(
    pod: Any, volume: Any, env: Any, kind: Any, metadata: Any
) -> None:
    istiod = build_istiod(discovery={"env": env}, pod={"volumes": [volume], "extra": pod})
    odd = build_istiod()
    odd["spec"]["template"]["spec"] = pod
    other = {"kind": kind, "metadata": metadata, "spec": pod}
    named = {"kind": kind, "metadata": {"name": metadata, "namespace": pod}}
    for first in (istiod, build_istiod()):
        plan_istiod_patch([first, odd, other, named], build_request())
