"""The alerts of deploy/monitoring: of which series, with which texts, and where to read on."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.prometheus_rule import FOLDER, RULES, render_object
from tests.session import REPOSITORY
from tests.unit.monitoring.selectors import check_query, find_labels, list_placeholders

RUNBOOKS = "https://roottrust.example/docs/runbooks.html"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
ALL = pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each["alert"])


def list_headings() -> list[str]:
    page = (REPOSITORY / "docs/runbooks.md").read_text()
    return re.findall("^## (.+)$", page, re.MULTILINE)


def test_the_object_has_the_rules_of_the_file() -> None:
    text = (FOLDER / "prometheusrule.yaml").read_text()
    assert text == render_object(), "run `python -m tests.prometheus_rule`"
    assert yaml.safe_load(text)["spec"] == yaml.safe_load(RULES.read_text())


@ALL
def test_an_alert_is_of_series_that_exist(alert: dict[str, Any]) -> None:
    check_query(alert["expr"])


@ALL
def test_an_alert_has_texts_with_labels_that_it_has(alert: dict[str, Any]) -> None:
    assert set(alert["labels"]) == {"severity"}
    assert alert["labels"]["severity"] in {"warning", "critical"}
    texts = alert["annotations"]
    assert set(texts) == {"summary", "description", "runbook_url"}
    for name in ("summary", "description"):
        assert texts[name].endswith(".")
        assert list_placeholders(texts[name]) <= find_labels(alert["expr"])


@ALL
def test_an_alert_of_an_object_names_it(alert: dict[str, Any]) -> None:
    known = find_labels(alert["expr"])
    texts = " ".join(alert["annotations"].values())
    for label in {"policy", "mesh", "directive"} & known:
        # A policy that is known by the hub alone is not named where a cluster tells of its mesh.
        if label == "policy" and alert["alert"] == "RoottrustNamespacesOutOfSync":
            continue
        assert f"$labels.{label} " in texts


@ALL
def test_an_alert_has_a_runbook(alert: dict[str, Any]) -> None:
    anchors = [each.lower() for each in list_headings()]
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOKS}#{alert['alert'].lower()}"
    assert anchors.count(alert["alert"].lower()) == 1


def test_every_runbook_is_of_an_alert() -> None:
    names = {each["alert"] for each in ALERTS}
    assert {each for each in list_headings() if each.startswith("Roottrust")} == names


def test_every_port_that_is_scraped_has_its_name() -> None:
    files = ("monitors.yaml", "agents.yaml")
    monitors = [yaml.safe_load((FOLDER / each).read_text()) for each in files]
    ports = [each["spec"]["podMetricsEndpoints"][0]["port"] for each in monitors]
    pods = ("deploy/base/deployment.yaml", "deploy/istiod/agent.yaml")
    named = []
    for path in pods:
        pod = yaml.safe_load((REPOSITORY / path).read_text())["spec"]["template"]["spec"]
        found = [port["name"] for each in pod["containers"] for port in each.get("ports", [])]
        named += found
    assert ports == named == ["http", "http-agent"]
