"""What values turn on and off."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest
import yaml

from testbed import Testbed
from tests.helm_program import HelmProgram
from tests.integration.chart.chart import CLUSTER, HUB, Chart, Manifest, Values, find, list_kind
from tests.integration.manifests.table import change
from tests.session import REPOSITORY

DIGEST = f"sha256:{'0' * 64}"
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
RUNBOOKS = "https://roottrust.example/docs/runbooks.html"
PEER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}


def render_pod(chart: Chart, changes: dict[str, Any], values: Values = HUB) -> Manifest:
    """Return the pod's template in the Deployment."""
    template: Manifest = find(chart.render(change(values, changes)), "Deployment")["spec"][
        "template"
    ]
    return template


def get_container(pod: Manifest) -> Manifest:
    container: Manifest = pod["spec"]["containers"][0]
    return container


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, f"registry.example/roottrust:{version('roottrust')}"),
        ({"tag": "edge"}, "registry.example/roottrust:edge"),
        ({"tag": "edge", "digest": DIGEST}, f"registry.example/roottrust@{DIGEST}"),
    ],
    ids=["version", "tag", "digest"],
)
def test_image(chart: Chart, image: dict[str, str], expected: str) -> None:
    pod = render_pod(chart, {f"image.{key}": value for key, value in image.items()})
    assert get_container(pod)["image"] == expected


@pytest.mark.parametrize(
    ("values", "has_budget"),
    [
        ({}, True),
        ({"replicas": 1}, False),
        ({"replicas": 0}, False),
        ({"podDisruptionBudget.enabled": False}, False),
    ],
    ids=str,
)
def test_budget_is_for_several_replicas(
    chart: Chart, values: dict[str, Any], has_budget: bool
) -> None:
    found = list_kind(chart.render(change(HUB, values)), "PodDisruptionBudget")
    assert bool(found) is has_budget


@pytest.mark.parametrize(("keeps", "policy"), [(True, "keep"), (False, None)])
def test_kinds_stay_if_they_are_to(chart: Chart, keeps: bool, policy: str | None) -> None:
    kinds = list_kind(chart.render(change(HUB, {"crds.keep": keeps})), "CustomResourceDefinition")
    assert len(kinds) == 4
    for each in kinds:
        annotations = each["metadata"].get("annotations", {})
        assert annotations.get("helm.sh/resource-policy") == policy


def test_kinds_can_be_left_out(chart: Chart) -> None:
    rendered = chart.render(change(HUB, {"crds.install": False}))
    assert list_kind(rendered, "CustomResourceDefinition") == []


def test_nothing_of_this_is_there_unless_it_is_asked_for(chart: Chart) -> None:
    kinds = {each["kind"] for each in chart.render(HUB)}
    assert not kinds & {"NetworkPolicy", "Service", "ServiceMonitor", "PrometheusRule"}


def test_network_policy_opens_one_port(chart: Chart) -> None:
    rendered = chart.render(change(HUB, {"networkPolicy.enabled": True}))
    spec = find(rendered, "NetworkPolicy")["spec"]
    selector = find(rendered, "Deployment")["spec"]["selector"]
    assert spec == {
        "podSelector": selector,
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": 8080, "protocol": "TCP"}]}],
    }


def test_network_policy_takes_peers_and_bounds(chart: Chart) -> None:
    egress = [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 8200}]}]
    policy = {"enabled": True, "from": [PEER], "egress": egress}
    spec = find(chart.render({**HUB, "networkPolicy": policy}), "NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"][0]["from"] == [PEER]
    assert spec["egress"] == egress


def test_prometheus_finds_each_pod(chart: Chart) -> None:
    monitor = {"enabled": True, "interval": "10s", "labels": {"release": "prometheus"}}
    rendered = chart.render({**HUB, "metrics": {"serviceMonitor": monitor}})
    service, found = find(rendered, "Service"), find(rendered, "ServiceMonitor")
    deployment = find(rendered, "Deployment")
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] == get_container(deployment["spec"]["template"])["ports"][0]["name"]
    wanted = found["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert found["metadata"]["labels"]["release"] == "prometheus"
    # A policy's namespace would else be called exported_namespace, which no alert looks for.
    endpoint = {"port": port["name"], "interval": "10s", "honorLabels": True}
    assert found["spec"]["endpoints"] == [endpoint]


def test_alerts_arrive_as_they_are(chart: Chart) -> None:
    """They have templates of Prometheus, which look like Helm's."""
    page = "https://wiki.example/roottrust/runbooks.md"
    rule = {"enabled": True, "labels": {"release": "prometheus"}, "runbookUrl": page}
    found = find(chart.render({**HUB, "metrics": {"prometheusRule": rule}}), "PrometheusRule")
    alerts = (REPOSITORY / "charts/roottrust/files/alerts.yaml").read_text()
    assert "{{ $labels.policy }}" in alerts
    assert found["spec"] == yaml.safe_load(alerts.replace(RUNBOOKS, page))
    assert found["metadata"]["labels"]["release"] == "prometheus"


def test_vaults_ca_is_put_where_the_configuration_looks(chart: Chart) -> None:
    rendered = chart.render(change(HUB, {"vault.caBundle": CA}))
    data = find(rendered, "ConfigMap", "roottrust-vault-ca")["data"]
    assert data == {"ca.crt": CA}
    pod = find(rendered, "Deployment")["spec"]["template"]["spec"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == "vault-ca"]
    assert volume["configMap"]["name"] == "roottrust-vault-ca"


def test_cluster_role_alone_has_nothing_of_vault(chart: Chart) -> None:
    rendered = chart.render(change(CLUSTER, {"vault.caBundle": CA}))
    assert [each["metadata"]["name"] for each in list_kind(rendered, "ConfigMap")] == [
        "roottrust-cluster-config"
    ]


@pytest.mark.parametrize(
    "changes",
    [{"config.resyncSeconds": 60}, {"vault.caBundle": CA}],
    ids=["configuration", "CA"],
)
def test_what_the_operator_reads_at_its_start_is_rolled_out(
    chart: Chart, changes: dict[str, Any]
) -> None:
    before, after = render_pod(chart, {}), render_pod(chart, changes)
    assert before["metadata"]["annotations"] != after["metadata"]["annotations"]


def test_what_no_pod_has_replaces_none(chart: Chart) -> None:
    changes = {"replicas": 3, "crds.keep": False, "networkPolicy.enabled": True}
    assert render_pod(chart, {}) == render_pod(chart, changes)


def test_pod_waits_longer_than_the_operator(chart: Chart) -> None:
    for seconds, expected in ((20, 30), (0.5, 11), (60, 70)):
        pod = render_pod(chart, {"config.shutdownSeconds": seconds})
        assert pod["spec"]["terminationGracePeriodSeconds"] == expected


def test_platform_may_give_numbers_of_its_own(chart: Chart) -> None:
    nothing = dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"))
    pod = render_pod(chart, {"podSecurityContext": nothing})
    assert pod["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_pod_takes_what_platforms_add(chart: Chart) -> None:
    environment = [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}]
    volume = {"name": "trust", "configMap": {"name": "company-ca"}}
    mount = {"name": "trust", "mountPath": "/etc/ssl/company"}
    toleration = {"key": "infra", "operator": "Exists"}
    affinity: dict[str, Any] = {"nodeAffinity": {}}
    resources = {"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}}
    pod = render_pod(
        chart,
        {
            "extraEnv": environment,
            "extraVolumes": [volume],
            "extraVolumeMounts": [mount],
            "imagePullSecrets": [{"name": "registry"}],
            "nodeSelector": {"pool": "infra"},
            "tolerations": [toleration],
            "affinity": affinity,
            "priorityClassName": "system-cluster-critical",
            "topologySpreadKeys": ["topology.kubernetes.io/zone"],
            "podLabels": {"team": "platform", "app.kubernetes.io/name": "other"},
            "podAnnotations": {"note": "1"},
            "resources": resources,
        },
    )
    container, spec = get_container(pod), pod["spec"]
    assert container["env"][1:] == environment
    assert volume in spec["volumes"]
    assert mount in container["volumeMounts"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["nodeSelector"] == {"pool": "infra"}
    assert spec["tolerations"] == [toleration]
    assert spec["affinity"] == affinity
    assert spec["priorityClassName"] == "system-cluster-critical"
    (spread,) = spec["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    # Labels that select it are its own.
    assert pod["metadata"]["labels"] == {
        "team": "platform",
        "app.kubernetes.io/name": "roottrust",
        "app.kubernetes.io/component": "hub",
    }
    assert pod["metadata"]["annotations"]["note"] == "1"
    limits = container["resources"]
    assert (limits["requests"]["cpu"], limits["limits"]) == (1, {"memory": "1Gi"})


@pytest.mark.parametrize("values", [HUB, CLUSTER], ids=["hub", "cluster"])
def test_helm_3_renders_the_same(chart: Chart, programs: Testbed, values: Values) -> None:
    older = HelmProgram(binary=programs.provide_helm(major=3), folder=chart.helm.folder)
    assert Chart(helm=older).render(values) == chart.render(values)
