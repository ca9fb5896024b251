"""Prometheus's own tool on rules, dashboard and metrics: whether they are what it takes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.agent.metrics import AgentMetrics
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.runtime.metrics import Metrics
from testbed.cache import Cache, default_folder
from testbed.parts import PROMTOOL, Workshop
from testbed.progress import Progress
from tests.doc_blocks import find_block
from tests.integration.monitoring.alert_cases import CASES, build_tests
from tests.prometheus_rule import RULES
from tests.unit.monitoring.dashboard import list_queries

RULES_BY_NAME: dict[str, list[dict[str, Any]]] = {}
for _group in yaml.safe_load(RULES.read_text())["groups"]:
    for _rule in _group["rules"]:
        RULES_BY_NAME.setdefault(_rule["alert"], []).append(_rule)


@pytest.fixture(scope="module")
def promtool() -> Path:
    return Workshop(Cache(default_folder()), Progress()).binary(PROMTOOL)


def run(*words: str | Path, given: bytes | None = None) -> str:
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, text
    return text


def test_rules_are_rules(promtool: Path) -> None:
    assert "SUCCESS" in run(promtool, "check", "rules", "--lint-fatal", RULES)


def test_each_alert_fires_when_it_should_and_not_otherwise(promtool: Path, tmp_path: Path) -> None:
    tests = [test for case in CASES for test in build_tests(case, RULES_BY_NAME[case.alert])]
    path = tmp_path / "test.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}))
    assert "SUCCESS" in run(promtool, "test", "rules", path)


def test_no_alert_is_left_out_of_that() -> None:
    assert {each.alert for each in CASES} == set(RULES_BY_NAME)


def test_the_dashboard_asks_in_promql(promtool: Path, tmp_path: Path) -> None:
    """Each query is given as a rule, with something in the place of its variables."""
    rules = [
        {
            "record": f"panel_{number}",
            "expr": query.replace("$__rate_interval", "5m").replace("$", ""),
        }
        for number, (_, query) in enumerate(list_queries())
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in run(promtool, "check", "rules", path)


def test_metrics_are_as_prometheus_likes_them(promtool: Path) -> None:
    metrics, agent = Metrics(), AgentMetrics()
    metrics.count_reconcile(result="ok", seconds=1)
    metrics.show_policy("ns", "p", RootTrustPolicyStatus())
    agent.count_renewal(result="ok")
    for text in (metrics.render(), agent.render()):
        assert run(promtool, "check", "metrics", given=text) == ""


def test_the_page_scrapes_by_a_configuration_of_prometheus(promtool: Path, tmp_path: Path) -> None:
    found_by = "kubernetes_sd_configs: [{role: pod}]"
    page = find_block("docs/monitoring.md", "scrape_configs:").text
    assert page.count(found_by) == 2
    # Debian's has no Kubernetes built in; all else is what the page has.
    path = tmp_path / "prometheus.yaml"
    path.write_text(page.replace(found_by, "static_configs: [{targets: [localhost:80]}]"))
    assert "SUCCESS" in run(promtool, "check", "config", path)
