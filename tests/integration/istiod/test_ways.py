"""Every way gives the same pods, which a real API server takes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.istiod.conftest import Apply
from tests.integration.istiod.rendering import (
    DEPLOY,
    IMAGE,
    Document,
    Outcome,
    Renderer,
    find_istiod,
    find_rights,
)
from tests.previous_version import unpack_previous_version

WAYS: dict[str, Callable[[Renderer], Outcome]] = {
    "a pipe": Renderer.by_filter,
    "Helm 4": Renderer.by_helm_4,
    "Helm 3": Renderer.by_helm_3,
    "kustomize": Renderer.by_component,
}
REVISION = "istiod-canary"
# What a restricted namespace asks of istiod itself, too.
SECCOMP = "seccompProfile.type=RuntimeDefault"


def sort_pod(template: dict[str, Any]) -> dict[str, Any]:
    """Return a pod without the order of its parts, which kustomize changes."""
    spec = dict(template["spec"])
    for part in ("containers", "initContainers", "volumes"):
        spec[part] = {each["name"]: each for each in spec[part]}
    return spec


def find_container(template: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in template["spec"][part] if each["name"] == name]
    return dict(found)


def test_all_ways_give_the_same_pods_and_rights(renderer: Renderer, apply: Apply) -> None:
    plain = apply(renderer.render())
    pods: dict[str, Any] = {}
    rights: dict[str, list[Document]] = {}
    for way, render in WAYS.items():
        outcome = render(renderer)
        pods[way] = sort_pod(apply(outcome))
        rights[way] = sorted(find_rights(outcome.documents), key=lambda each: str(each["kind"]))
    for way in WAYS:
        assert pods[way] == pods["a pipe"], way
        assert rights[way] == rights["a pipe"], way
    pod = pods["a pipe"]
    assert set(pod["containers"]) == {"discovery", "istiod-agent"}
    assert set(pod["initContainers"]) == {"istiod-agent-init"}
    assert pod["containers"]["discovery"] == find_container(plain, "containers", "discovery")
    assert pod["containers"]["istiod-agent"]["image"] == IMAGE
    assert [each["kind"] for each in rights["a pipe"]] == ["Role", "RoleBinding"]
    assert pod["volumes"]["cacerts"] == {
        "name": "cacerts",
        "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"},
    }


def test_the_values_give_the_pods_of_a_native_sidecar(renderer: Renderer, apply: Apply) -> None:
    by_values = apply(renderer.by_values())
    by_filter = apply(renderer.by_filter("--native-sidecar"))
    agents = [
        find_container(each, "initContainers", "istiod-agent") for each in (by_values, by_filter)
    ]
    for agent in agents:
        assert agent.pop("env")
        assert agent.pop("volumeMounts")
    assert agents[0] == agents[1]
    assert agents[0]["restartPolicy"] == "Always"
    assert agents[0]["startupProbe"]["httpGet"]["path"] == "/startupz"
    discovery = find_container(by_values, "containers", "discovery")
    assert {"name": "ROOT_CA_DIR", "value": "/etc/istiod-ca"} in discovery["env"]
    mount = {"name": "istiod-ca", "mountPath": "/etc/istiod-ca", "readOnly": True}
    assert mount in discovery["volumeMounts"]
    volumes = [
        {each["name"]: each for each in pod["spec"]["volumes"]} for pod in (by_values, by_filter)
    ]
    assert volumes[0]["istiod-ca"]["emptyDir"] == volumes[1]["cacerts"]["emptyDir"]
    assert volumes[0]["roottrust-vault-token"] == volumes[1]["roottrust-vault-token"]


def test_the_filter_leaves_an_istiod_with_the_values_as_it_is(renderer: Renderer) -> None:
    given = renderer.by_values().output
    patched = renderer.filter(given)
    assert patched.output.startswith(given)
    assert "has the agent already" in patched.errors
    assert len(find_rights(patched.documents)) == 2
    assert renderer.filter(given, "--no-rbac").output == given


def test_the_guides_patch_is_taken_as_it_is(renderer: Renderer, apply: Apply) -> None:
    pod = sort_pod(apply(renderer.by_guide_patch()))
    assert pod["volumes"]["cacerts"] == {"name": "cacerts", "emptyDir": {"medium": "Memory"}}
    assert pod["containers"]["istiod-agent"]["args"] == ["sidecar"]
    assert pod["initContainers"]["istiod-agent-init"]["args"] == ["init-container"]


def test_the_filter_leaves_an_istiod_with_the_guides_patch_as_it_is(renderer: Renderer) -> None:
    given = renderer.by_guide_patch().output
    assert renderer.filter(given, "--no-rbac").output == given


@pytest.mark.parametrize("way", WAYS)
def test_a_revision_has_the_agent_and_rights_of_its_own(
    renderer: Renderer, apply: Apply, way: str
) -> None:
    renderer = dataclasses.replace(renderer, settings=("revision=canary",))
    if way == "kustomize":
        outcome = renderer.by_component(service_account=REVISION)
    else:
        outcome = WAYS[way](renderer)
    pod, documents = apply(outcome)["spec"], outcome.documents
    assert find_istiod(documents)["metadata"]["name"] == REVISION
    assert "istiod-agent" in [each["name"] for each in pod["containers"]]
    role, binding = sorted(find_rights(documents), key=lambda each: str(each["kind"]))
    assert role["metadata"] == binding["metadata"]
    assert role["metadata"]["name"] == f"roottrust-agent-{REVISION}"
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["name"] == pod["serviceAccountName"] == REVISION


def test_the_component_is_applied_over_the_one_before(
    renderer: Renderer, cluster: Cluster, tmp_path: Path
) -> None:
    """The same objects go on, with the same rights, where a namespace is restricted."""
    renderer = dataclasses.replace(renderer, settings=(SECCOMP,))
    previous = unpack_previous_version(tmp_path)
    restricted = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", renderer.namespace, restricted)
    before = apply_own(
        cluster, renderer, renderer.by_component(component=previous.deploy / "istiod")
    )
    after = apply_own(cluster, renderer, renderer.by_component())
    assert before == after
    words = ("get", "deployment", "istiod", "-n", renderer.namespace, "-o=json")

    def count_pods() -> int:
        found = json.loads(cluster.kubectl(*words).stdout)["status"]
        return int(found.get("replicas", 0))

    wait_for(count_pods, bool)


def apply_own(cluster: Cluster, renderer: Renderer, outcome: Outcome) -> dict[str, str]:
    """Apply for real what is in istiod's own namespace; return the uids by kind and name."""
    own = [
        each
        for each in outcome.documents
        if each["metadata"].get("namespace") == renderer.namespace
    ]
    words = ("apply", "--server-side", "--validate=strict", "-o=json", "-f", "-")
    done = json.loads(cluster.kubectl(*words, input=yaml.safe_dump_all(own)).stdout)
    return {
        f"{each['kind']}/{each['metadata']['name']}": each["metadata"]["uid"]
        for each in done["items"]
    }


def test_nothing_but_istiod_is_written_anew(renderer: Renderer) -> None:
    given, patched = renderer.render().output, renderer.by_filter().output
    before, after = (f"\n{text}".split("\n---\n") for text in (given, patched))
    pairs = list(zip(before, after, strict=False))
    changed = [old for old, new in pairs if old.rstrip("\n") != new.rstrip("\n")]
    assert len(changed) == 1
    assert "\nkind: Deployment\n" in changed[0]


@pytest.mark.parametrize("way", ["a pipe", "Helm 4", "Helm 3"])
def test_every_other_object_is_what_the_chart_renders(renderer: Renderer, way: str) -> None:
    def list_others(documents: list[Document]) -> list[str]:
        rights = find_rights(documents)
        others = [each for each in documents if each["kind"] != "Deployment" and each not in rights]
        return sorted(yaml.safe_dump(each) for each in others)

    assert list_others(WAYS[way](renderer).documents) == list_others(renderer.render().documents)


@pytest.mark.parametrize("arguments", [(), ("--native-sidecar",), ("--login=kubernetes",)])
def test_patching_what_is_patched_gives_the_same_bytes(
    renderer: Renderer, arguments: tuple[str, ...]
) -> None:
    once = renderer.by_filter(*arguments).output
    assert renderer.filter(once).output == once


@pytest.mark.parametrize(
    "settings",
    [
        ("env.PILOT_ENABLE_STATUS=yes", "env.UNSAFE=0o14", "env.TIME=12:30:00"),
        ("podAnnotations.a=1e3", "deploymentLabels.b=0644", "nodeSelector.c=on"),
        ("jwksResolverExtraRootCA=x", "global.platform=openshift", "replicaCount=3"),
        ("initContainers[0].name=wait", "initContainers[0].image=wait:1"),
        ("global.logAsJson=true", "seccompProfile.type=RuntimeDefault", "profile=ambient"),
    ],
)
def test_what_the_chart_is_told_keeps_its_meaning(
    renderer: Renderer, apply: Apply, settings: tuple[str, ...]
) -> None:
    renderer = dataclasses.replace(renderer, settings=settings)
    before = apply(renderer.render())
    after = apply(renderer.by_filter())
    discovery = [find_container(each, "containers", "discovery") for each in (before, after)]
    assert discovery[0] == discovery[1]
    assert before["metadata"] == after["metadata"]
    for part in ("nodeSelector", "serviceAccountName", "tolerations", "securityContext"):
        assert before["spec"].get(part) == after["spec"].get(part)


def test_kinds_of_the_base_chart_pass_byte_by_byte(renderer: Renderer) -> None:
    kinds = renderer.run(renderer.istio.helm, "template", "base", renderer.istio.base_chart).output
    assert kinds.count("kind: CustomResourceDefinition") > 10
    assert renderer.filter(kinds, "--allow-none").output == kinds
    both = kinds + renderer.render().output
    assert renderer.filter(both).output.startswith(kinds)


def test_a_kustomization_that_does_not_say_for_which_cluster_is_refused(renderer: Renderer) -> None:
    outcome = renderer.kustomize(components=[f"../../{'../' * 20}{DEPLOY}"])
    assert outcome.code != 0
    assert "roottrust-istiod" in outcome.errors


def test_pods_with_the_agent_are_fit_for_restricted_namespaces(
    cluster: Cluster, renderer: Renderer, apply: Apply
) -> None:
    """The agent asks for no more than such a namespace lets; istiod itself may ask for more."""
    pod = apply(renderer.by_filter())["spec"]
    agents = [each for each in pod["containers"] if each["name"] != "discovery"]
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "agent"},
        "spec": {**pod, "containers": agents, "serviceAccountName": "default"},
    }
    label = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", renderer.namespace, label)
    words = ("create", "--dry-run=server", "-f", "-", "-n", renderer.namespace)
    cluster.kubectl(*words, input=yaml.safe_dump(manifest))
