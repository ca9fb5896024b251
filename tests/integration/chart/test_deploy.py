"""The chart and deploy/ cannot drift apart: what they install is the same, value for value."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import pytest
import yaml

from testbed import Testbed
from testbed.command import run
from tests.doc_blocks import find_block
from tests.integration.chart.chart import (
    HUB,
    NO_HOOKS,
    VARIANTS,
    Chart,
    Manifest,
    find,
    list_kind,
)
from tests.session import CRDS, REPOSITORY

EACH = pytest.mark.parametrize("folder", VARIANTS)


@pytest.fixture(scope="session")
def kustomize(programs: Testbed) -> dict[str, list[Manifest]]:
    """What deploy/ has in each variant, but for the namespace, which Helm makes by itself."""
    kubectl = programs.provide_kubectl()
    texts = {
        folder: run([kubectl, "kustomize", REPOSITORY / "deploy" / folder]) for folder in VARIANTS
    }
    return {
        folder: [each for each in yaml.safe_load_all(text) if each["kind"] != "Namespace"]
        for folder, text in texts.items()
    }


def test_alerts_lead_to_the_runbooks_that_an_overlay_names(
    programs: Testbed, tmp_path: Path
) -> None:
    """By the very files of docs/monitoring.md, and the ConfigMap that says where is not applied."""
    shutil.copytree(REPOSITORY / "deploy/monitoring", tmp_path / "roottrust/deploy/monitoring")
    block = find_block("docs/monitoring.md", "# kustomization.yaml").text
    overlay, runbooks = block.split("---\n")
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(overlay)
    (folder / "runbooks.yaml").write_text(runbooks)
    built = [*yaml.safe_load_all(run([programs.provide_kubectl(), "kustomize", folder]))]
    assert {each["kind"] for each in built} == {"PodMonitor", "PrometheusRule"}
    url = yaml.safe_load(runbooks)["data"]["url"]
    for group in find(built, "PrometheusRule")["spec"]["groups"]:
        for rule in group["rules"]:
            wanted = f"{url}#{rule['alert'].lower()}"
            assert rule["annotations"]["runbook_url"] == wanted


@EACH
def test_both_install_the_same(
    chart: Chart, kustomize: dict[str, list[Manifest]], folder: str
) -> None:
    rendered = chart.render({**VARIANTS[folder], "crds": {"install": False}}, NO_HOOKS)
    assert _normalize(rendered) == _normalize(kustomize[folder])


@EACH
def test_labels_of_deploy_are_there(
    chart: Chart, kustomize: dict[str, list[Manifest]], folder: str
) -> None:
    """By them `roottrust plan` finds the operator, and an upgrade its pods."""
    (expected,) = {json.dumps(each["metadata"]["labels"]) for each in kustomize[folder]}
    for manifest in chart.render({**VARIANTS[folder], "crds": {"install": False}}, NO_HOOKS):
        assert json.loads(expected).items() <= manifest["metadata"]["labels"].items()


def test_kinds_are_those_of_the_repository(chart: Chart) -> None:
    rendered = {
        each["metadata"]["name"]: each
        for each in list_kind(chart.render(HUB), "CustomResourceDefinition")
    }
    for path in CRDS.iterdir():
        expected = yaml.safe_load(path.read_text())
        found = rendered.pop(expected["metadata"]["name"])
        assert found["spec"] == expected["spec"]
        assert expected["metadata"]["labels"].items() <= found["metadata"]["labels"].items()
    assert rendered == {}


def test_hub_alone_has_nothing_of_the_cluster_role(kustomize: dict[str, list[Manifest]]) -> None:
    names = {each["metadata"]["name"] for each in kustomize["hub"]}
    assert {"roottrust-hub", "roottrust-reviewer"} <= names
    assert "roottrust-cluster" not in names


def test_revisions_are_rights_on_their_configmaps_alone(
    chart: Chart, kustomize: dict[str, list[Manifest]]
) -> None:
    rendered = chart.render({**HUB, "istioRevisions": ["1-30", "canary"]})
    rules = find(rendered, "ClusterRole", "roottrust-cluster")["rules"]
    expected = find(kustomize["base"], "ClusterRole", "roottrust-cluster")["rules"]
    (changed,) = [(new, old) for new, old in zip(rules, expected, strict=True) if new != old]
    assert changed[1]["resourceNames"] == ["istio"]
    names = ["istio", "istio-1-30", "istio-canary"]
    assert changed[0] == {**changed[1], "resourceNames": names}


def test_rights_are_left_to_an_administrator(chart: Chart) -> None:
    rendered = chart.render({**HUB, "rbac": {"create": False}})
    assert not [each for each in rendered if "rbac" in each["apiVersion"]]
    accounts = {each["metadata"]["name"] for each in list_kind(rendered, "ServiceAccount")}
    assert accounts == {"roottrust-hub", "roottrust-reviewer"}


def _normalize(manifests: list[Manifest]) -> dict[tuple[str, str], Manifest]:
    """Return them by kind and name, without what the two tools have to write differently."""
    named = {}
    for manifest in copy.deepcopy(manifests):
        kind, metadata = manifest["kind"], manifest["metadata"]
        del metadata["labels"]
        if kind == "ConfigMap":
            # kustomize puts a hash of its content into its name.
            metadata["name"] = "config"
            manifest["data"] = {key: yaml.safe_load(text) for key, text in manifest["data"].items()}
        if kind == "Deployment":
            _normalize_pod(manifest)
        named[kind, metadata["name"]] = manifest
    assert len(named) == len(manifests)
    return named


def _normalize_pod(deployment: Manifest) -> None:
    template = deployment["spec"]["template"]
    # Helm's way to roll out a changed configuration.
    if "annotations" in template["metadata"]:
        assert set(template["metadata"].pop("annotations")) == {"checksum/config"}
    container = _get_container(deployment)
    container["image"] = "roottrust"
    assert container.pop("imagePullPolicy", "IfNotPresent") == "IfNotPresent"
    (config,) = [each for each in template["spec"]["volumes"] if each["name"] == "config"]
    config["configMap"]["name"] = "config"


def _get_container(deployment: Manifest) -> Manifest:
    container: Manifest
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return container
