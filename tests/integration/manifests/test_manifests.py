"""What the API server accepts, refuses and fills in: manifests as people write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roottrust.api.kind import KINDS
from roottrust.api.model import ApiModel
from testbed import Cluster, CommandError
from tests.integration.manifests.table import (
    GUIDE,
    Case,
    OperatorCase,
    change,
    read_base,
    read_cases,
    read_operator_cases,
)

NAMESPACE = "manifests"

# The models bring these into one form, which the API server leaves as it was written.
NORMALISED = ("agentCa.vault.server", "agentCa.vault.caBundle")
# The models fill this from its neighbour, which no schema can.
DERIVED = "config.intermediateCertOptions.keyType"


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Cluster:
    for name in (NAMESPACE, "gloo-mesh"):
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(manifest))
    return cluster


def place(manifest: dict[str, Any]) -> str:
    return json.dumps({**manifest, "metadata": {**manifest["metadata"], "namespace": NAMESPACE}})


def apply(server: Cluster, manifest: dict[str, Any], *options: str) -> str:
    return server.kubectl("apply", "-f", "-", *options, input=place(manifest)).stdout


def try_out(server: Cluster, manifest: dict[str, Any]) -> dict[str, Any]:
    answer = apply(server, manifest, "--dry-run=server", "--output=json")
    tried: dict[str, Any] = json.loads(answer)
    return tried


def find_model(manifest: dict[str, Any]) -> type[ApiModel]:
    return next(kind.spec for kind in KINDS if kind.kind == manifest["kind"])


def list_leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return every value by its path; what is empty has none."""
    if isinstance(value, dict):
        parts = [(f"{path}.{key}".removeprefix("."), child) for key, child in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}.{index}", child) for index, child in enumerate(value)]
    else:
        return {path: "…" if path.endswith(NORMALISED) else value}
    return {name: leaf for at, child in parts for name, leaf in list_leaves(child, at).items()}


def test_guides_manifest_applies_unchanged(server: Cluster) -> None:
    answer = server.kubectl("apply", "--dry-run=server", "-f", GUIDE).stdout
    assert answer == "roottrustpolicy.admin.gloo.solo.io/cluster1 created (server dry run)\n"


@pytest.mark.parametrize("case", read_cases("good.yaml"), ids=str)
def test_good_manifest_is_accepted_with_the_models_defaults(server: Cluster, case: Case) -> None:
    accepted = list_leaves(try_out(server, case.manifest)["spec"])
    model = find_model(case.manifest).model_validate(case.manifest["spec"])
    filled = list_leaves(model.model_dump(mode="json", by_alias=True, exclude_none=True))
    if DERIVED not in list_leaves(case.manifest["spec"]):
        filled.pop(DERIVED, None)
    assert accepted == filled


@pytest.mark.parametrize("case", read_cases("bad.yaml"), ids=str)
def test_bad_manifest_is_refused(server: Cluster, case: Case) -> None:
    with pytest.raises(CommandError) as refusal:
        try_out(server, case.manifest)
    assert case.message in refusal.value.output


@pytest.mark.parametrize("case", read_operator_cases(), ids=str)
def test_what_only_the_operator_knows_passes(server: Cluster, case: OperatorCase) -> None:
    """Such a case tests the operator only as long as nobody refuses it before."""
    assert try_out(server, case.manifest)["kind"] == "RootTrustPolicy"


@pytest.mark.parametrize("case", read_cases("bad_edits.yaml"), ids=str)
def test_bad_edit_is_refused(server: Cluster, case: Case) -> None:
    assert case.first is not None
    apply(server, case.first)
    try:
        with pytest.raises(CommandError) as refusal:
            apply(server, case.manifest)
    finally:
        server.kubectl("delete", "-f", "-", input=place(case.first))
    assert case.message in refusal.value.output


def test_raised_generation_is_accepted(server: Cluster) -> None:
    """What refuses a lowered generation lets the edit pass that starts a rotation."""
    policy = read_base("guide")
    apply(server, policy)
    try:
        raised = change(policy, {"spec.rotation.rootGeneration": 2})
        assert apply(server, raised).endswith("configured\n")
    finally:
        server.kubectl("delete", "-f", "-", input=place(policy))
