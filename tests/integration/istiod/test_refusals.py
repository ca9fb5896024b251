"""An istiod whose CA is somebody else's is refused, and whoever waits for it sees why."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

from tests.integration.istiod.rendering import Renderer

FOREIGN = ("env.ROOT_CA_DIR=/etc/foreign",)
REASON = "its ROOT_CA_DIR is not /etc/cacerts"


@pytest.fixture
def foreign(renderer: Renderer) -> Renderer:
    return dataclasses.replace(renderer, settings=FOREIGN)


def test_the_filter_writes_nothing_and_says_why(foreign: Renderer) -> None:
    outcome = foreign.by_filter()
    assert (outcome.code, outcome.output) == (1, "")
    assert f"Error: Deployment {foreign.namespace}/istiod: {REASON}" in outcome.errors


@pytest.mark.parametrize("way", [Renderer.by_helm_3, Renderer.by_helm_4])
def test_helm_fails_and_shows_why(foreign: Renderer, way: object) -> None:
    outcome = way(foreign)  # type: ignore[operator]
    assert outcome.code != 0
    assert outcome.output == ""
    assert REASON in outcome.errors


def test_helm_4_shows_what_is_missing_on_the_command_line(renderer: Renderer) -> None:
    renderer.by_helm_4()
    outcome = renderer.render("--post-renderer=roottrust")
    assert outcome.code != 0
    assert "Give --cluster NAME" in outcome.errors


def test_a_chart_without_istiod_is_refused_unless_that_is_allowed(renderer: Renderer) -> None:
    renderer.by_helm_4()
    words = ("template", "base", renderer.istio.base_chart, "--post-renderer=roottrust")
    cluster = "--post-renderer-args=--cluster=cluster1"
    refused = renderer.run(renderer.istio.helm, *words, cluster)
    assert refused.code != 0
    assert "--allow-none" in refused.errors
    allowed = renderer.run(
        renderer.istio.helm, *words, cluster, "--post-renderer-args=--allow-none"
    )
    assert allowed.documents


@pytest.mark.parametrize("name", ["cacerts", "istiod-tls"])
def test_a_foreign_secret_beside_the_chart_is_refused(renderer: Renderer, name: str) -> None:
    metadata = {"name": name, "namespace": renderer.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    outcome = renderer.filter(f"{renderer.render().output}\n---\n{yaml.safe_dump(secret)}")
    assert (outcome.code, outcome.output) == (1, "")
    assert f"the Secret {name} is among the documents" in outcome.errors
