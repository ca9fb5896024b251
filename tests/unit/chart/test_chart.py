"""What the chart has beside its templates: values and their schema, alerts, copies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from roottrust.agent.metrics import AgentMetrics
from roottrust.api.crdgen import render_crds
from roottrust.api.generated import find_stale
from roottrust.domain.reasons import ConditionType
from roottrust.runtime import chart_files
from roottrust.runtime.metrics import Metrics

REPOSITORY = Path(__file__).parents[3]
CHART = REPOSITORY / chart_files.CHART
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
ALERTS = [
    rule
    for group in yaml.safe_load((CHART / "files/alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DEFINITIONS = chart_files.build_definitions()


def test_what_comes_from_the_models_is_up_to_date() -> None:
    files = chart_files.render_files((CHART / chart_files.SCHEMA).read_text())
    assert find_stale(CHART, files) == []


def test_nothing_else_lies_among_the_crds() -> None:
    """The chart installs the folder as a whole."""
    assert {path.name for path in (CHART / "files/crds").iterdir()} == set(render_crds())


def test_helm_finds_no_folder_that_it_would_never_upgrade() -> None:
    assert not (CHART / "crds").exists()


def test_schema_and_values_have_the_same_keys() -> None:
    def compare(schema: Mapping[str, Any], values: Mapping[str, Any], path: str) -> None:
        assert schema["additionalProperties"] is False, path
        assert set(schema["properties"]) == set(values), path
        for key, value in values.items():
            # Each part of a pod is given as a whole.
            if isinstance(value, dict) and value and key != "resources":
                compare(schema["properties"][key], value, f"{path}.{key}")

    # Helm gives every chart a `global`.
    compare(SCHEMA, {**VALUES, "global": {}}, "")


def test_readme_has_every_value_with_its_default() -> None:
    def walk(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
        for key, value in values.items():
            if isinstance(value, dict) and value and key != "resources":
                yield from walk(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", json.dumps(value, separators=(",", ":"))

    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", _read_readme(), re.MULTILINE)
    assert rows == list(walk(VALUES))


def test_configuration_has_no_key_that_the_chart_decides() -> None:
    assert not {"namespace", "roles", "http"} & set(DEFINITIONS["OperatorSettings"]["properties"])
    assert "enabled" not in DEFINITIONS["LeaderElectionSettings"]["properties"]


@pytest.mark.parametrize("section", DEFINITIONS.values(), ids=DEFINITIONS)
def test_configuration_refuses_unknown_keys(section: dict[str, Any]) -> None:
    assert section["additionalProperties"] is False
    assert "null" not in json.dumps(section)


def test_optional_keys_keep_their_rules() -> None:
    host = DEFINITIONS["ClusterSettings"]["properties"]["kubernetesHost"]
    assert (host["type"], host["maxLength"]) == ("string", 1024)
    assert host["pattern"].startswith("^https?://")


def test_keys_that_are_called_like_words_of_a_schema_stay() -> None:
    assert DEFINITIONS["LoggingSettings"]["properties"]["format"]["enum"] == ["json", "console"]


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_alerts_are_over_metrics_that_there_are(rule: dict[str, Any]) -> None:
    used = set(re.findall(r"\broottrust_\w+", rule["expr"]))
    assert used or rule["expr"].startswith("up{")
    assert used <= _list_metrics()


def test_alerts_are_over_conditions_that_there_are() -> None:
    used = set(re.findall(r'condition="(\w+)"', " ".join(rule["expr"] for rule in ALERTS)))
    assert used == {ConditionType.READY, ConditionType.STALLED}


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_alerts_say_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


def _list_metrics() -> set[str]:
    """Return the names as Prometheus has them; a metric without labelled children has one, too."""
    registries: list[CollectorRegistry] = [Metrics().registry, AgentMetrics().registry]
    families = [family for registry in registries for family in registry.collect()]
    suffix = {"counter": "_total"}
    return {f"{family.name}{suffix.get(family.type, '')}" for family in families}


def _read_readme() -> str:
    return (CHART / "README.md").read_text()
