from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.mesh_config import MeshConfig, UnreadableMeshConfigError, parse_mesh_config


def build(mesh: str) -> dict[str, object]:
    return {"data": {"mesh": mesh, "meshNetworks": "networks: {}"}}


def test_what_istiod_was_told_is_read() -> None:
    found = parse_mesh_config(
        build("trustDomain: prod.example\ndiscoverySelectors:\n- matchLabels: {env: prod}\n")
    )
    assert found.trust_domain == "prod.example"
    assert found.discovery_selectors == ({"matchLabels": {"env": "prod"}},)


@pytest.mark.parametrize(
    "config_map", [None, {}, {"data": None}, build(""), build("trustDomain: ''")]
)
def test_what_is_not_told_is_istiods_default(config_map: dict[str, object] | None) -> None:
    assert parse_mesh_config(config_map) == MeshConfig(trust_domain="cluster.local")


@pytest.mark.parametrize(
    "mesh", ["a: [", "- a", "trustDomain: [x]", "trustDomain: A_B!", "[" * 5000]
)
def test_what_cannot_be_read_is_told(mesh: str) -> None:
    with pytest.raises(UnreadableMeshConfigError):
        parse_mesh_config(build(mesh))


@given(st.text())
def test_no_text_is_a_bug(text: str) -> None:
    try:
        parse_mesh_config(build(text))
    except UnreadableMeshConfigError:
        return
