"""What Helm runs before a hub is uninstalled, with rights that are there for that time alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.integration.chart.chart import CLUSTER, HUB, Chart, Manifest, Values, find
from tests.integration.manifests.table import change
from tests.session import REPOSITORY

HOOK = "helm.sh/hook"
NAME = "roottrust-uninstall"


def render_hooks(chart: Chart, values: Values) -> list[Manifest]:
    rendered = chart.render(values)
    return [each for each in rendered if HOOK in each["metadata"].get("annotations", {})]


def test_rights_are_those_of_deploy_and_end_with_the_job(chart: Chart) -> None:
    hooks = render_hooks(chart, HUB)
    text = (REPOSITORY / "deploy/uninstall/rbac.yaml").read_text()
    for expected in yaml.safe_load_all(text):
        found = find(hooks, expected["kind"])
        assert found["metadata"]["name"] == expected["metadata"]["name"] == NAME
        for part in ("rules", "roleRef"):
            assert found.get(part) == expected.get(part)
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": chart.namespace}
    assert find(hooks, "ClusterRoleBinding")["subjects"] == [account]
    assert find(hooks, "RoleBinding")["subjects"] == [account]
    noted = {each["kind"]: each["metadata"]["annotations"] for each in hooks}
    weights = {kind: each["helm.sh/hook-weight"] for kind, each in noted.items()}
    assert weights.pop("Job") == "0"
    assert set(weights.values()) == {"-1"}
    for each in noted.values():
        assert each[HOOK] == "pre-delete"
        assert each["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"


def test_job_is_like_the_operators_pod_and_no_pod_of_it(chart: Chart) -> None:
    values = change(
        HUB,
        {
            "imagePullSecrets": [{"name": "registry"}],
            "nodeSelector": {"pool": "infra"},
            "tolerations": [{"key": "infra", "operator": "Exists"}],
            "config.deletionSeconds": 10.5,
        },
    )
    rendered = chart.render(values)
    deployment, job = (find(rendered, kind)["spec"] for kind in ("Deployment", "Job"))
    pod, operator = job["template"]["spec"], deployment["template"]["spec"]
    for key in ("imagePullSecrets", "nodeSelector", "tolerations", "securityContext"):
        assert pod[key] == operator[key]
    (container,), (expected,) = pod["containers"], operator["containers"]
    for key in ("image", "imagePullPolicy", "securityContext", "resources"):
        assert container[key] == expected[key]
    words = ["before-uninstall", "--operator-namespace", chart.namespace, "--wait", "41"]
    assert container["args"] == words
    assert job["activeDeadlineSeconds"] == 161
    labels = job["template"]["metadata"]["labels"]
    assert not deployment["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        (CLUSTER, {}),
        (HUB, {"beforeUninstall.enabled": False}),
        (HUB, {"rbac.create": False}),
    ],
    ids=["cluster", "off", "without-rights"],
)
def test_not_where_there_is_nothing_to_do_or_no_right_to_it(
    chart: Chart, values: Values, changes: dict[str, Any]
) -> None:
    assert render_hooks(chart, change(values, changes)) == []
