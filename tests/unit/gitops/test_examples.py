"""The examples for Argo CD and Flux fit the chart, and put policies after the operator."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from roottrust.runtime.settings import OperatorSettings
from tests.session import REPOSITORY

GITOPS = REPOSITORY / "deploy/gitops"
CHART = REPOSITORY / "charts/roottrust"

Manifest = dict[str, Any]


def read(path: str) -> dict[tuple[str, str], Manifest]:
    documents = yaml.safe_load_all((GITOPS / path).read_text())
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


ARGO = read("argocd/applications.yaml")
RELEASE = read("flux/release.yaml")
SYNC = read("flux/sync.yaml")
BY_ARGO = ARGO["Application", "roottrust"]["spec"]
BY_FLUX = RELEASE["HelmRelease", "roottrust"]["spec"]
VALUES = [BY_ARGO["source"]["helm"]["valuesObject"], BY_FLUX["values"]]


def test_both_install_the_same() -> None:
    assert VALUES[0] == VALUES[1]
    assert BY_ARGO["destination"]["namespace"] == BY_FLUX["targetNamespace"] == "gloo-mesh"


def test_values_are_the_charts_and_the_operator_can_use_them() -> None:
    known = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(VALUES[0]) <= set(known)
    for name in ("image", "vault"):
        assert set(VALUES[0][name]) <= set(known[name])
    assert OperatorSettings.model_validate(VALUES[0]["config"]).cluster.name == "cluster1"


def test_they_take_the_chart_of_this_version() -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    tag = RELEASE["GitRepository", "roottrust"]["spec"]["ref"]["tag"]
    assert BY_ARGO["source"]["targetRevision"] == tag == f"v{version}"
    chart = BY_FLUX["chart"]["spec"]["chart"]
    assert (REPOSITORY / BY_ARGO["source"]["path"]) == (REPOSITORY / chart) == CHART


def test_policies_come_after_the_operator_and_are_not_pruned() -> None:
    waves = [
        int(each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])
        for each in (ARGO["Application", "roottrust"], ARGO["Application", "trust-policies"])
    ]
    assert waves == sorted(set(waves))
    policies = SYNC["Kustomization", "trust-policies"]["spec"]
    assert policies["dependsOn"] == [{"name": "roottrust"}]
    assert SYNC["Kustomization", "roottrust"]["spec"]["wait"] is True
    assert policies["prune"] is False
    automated = ARGO["Application", "trust-policies"]["spec"]["syncPolicy"]["automated"]
    assert automated["prune"] is False


@pytest.mark.parametrize(
    "application", list(ARGO.values()), ids=lambda each: each["metadata"]["name"]
)
def test_argo_cd_applies_server_side_and_ignores_nothing(application: Manifest) -> None:
    assert "ServerSideApply=true" in application["spec"]["syncPolicy"]["syncOptions"]
    assert "ignoreDifferences" not in application["spec"]
