"""What deploy/istiod ships is what the filter writes: nobody has to compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.domain.istiod_patch import plan_istiod_patch
from roottrust.domain.istiod_patch_rbac import build_agent_rbac
from tests.unit.domain.istiods import IMAGE, build_istiod, build_request, read_pod

FOLDER = Path(__file__).parents[3] / "deploy/istiod"


def by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: {**each, "image": IMAGE} for each in items}


def read_patch(*, is_native_sidecar: bool) -> dict[str, Any]:
    request = build_request(is_native_sidecar=is_native_sidecar)
    return read_pod(plan_istiod_patch([build_istiod()], request).changed[0])


def test_the_file_of_rights_is_what_the_filter_appends() -> None:
    documents = tuple(yaml.safe_load_all((FOLDER / "rbac.yaml").read_text()))
    assert documents == build_agent_rbac("istio-system", "istiod")


@pytest.mark.parametrize("part", ["containers", "initContainers", "volumes"])
def test_the_component_adds_what_the_filter_adds(part: str) -> None:
    wanted = by_name(read_patch(is_native_sidecar=False)[part])
    shipped = by_name(read_pod(yaml.safe_load((FOLDER / "agent.yaml").read_text()))[part])
    assert shipped.get("cacerts", {}).pop("secret", None) is None
    assert shipped
    assert shipped == {name: wanted[name] for name in shipped}
    assert wanted.keys() - shipped.keys() <= {"discovery", "local-certs"}


def test_the_values_have_the_native_sidecar_of_the_filter_with_a_volume_of_their_own() -> None:
    values = yaml.safe_load((FOLDER / "istiod-values.yaml").read_text())
    (wanted,) = read_patch(is_native_sidecar=True)["initContainers"]
    (agent,) = values["initContainers"]
    folder = values["env"]["ROOT_CA_DIR"]
    assert agent["env"][0] == {"name": "ROOTTRUST_CA_DIR", "value": folder}
    wanted["env"].insert(0, agent["env"][0])
    wanted["volumeMounts"][0] = {"name": "istiod-ca", "mountPath": folder}
    assert agent | {"image": IMAGE} == wanted
    assert values["volumeMounts"] == [{"name": "istiod-ca", "mountPath": folder, "readOnly": True}]


def test_the_values_bring_the_volumes_of_the_filter() -> None:
    values = yaml.safe_load((FOLDER / "istiod-values.yaml").read_text())
    wanted = by_name(read_patch(is_native_sidecar=True)["volumes"])
    shipped = by_name(values["volumes"])
    assert shipped.pop("istiod-ca")["emptyDir"] == wanted["cacerts"]["emptyDir"]
    assert shipped == {name: wanted[name] for name in ("roottrust-vault-token",)}
