"""An istiod whose CA is brought by somebody else is refused, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.istiod_patch import plan_istiod_patch
from tests.unit.domain.istiods import CACERTS, build_istiod, build_request, build_secret

MEMORY = {"name": "cacerts", "emptyDir": {"medium": "Memory"}}
SECRET = CACERTS["secret"]


def refuse(*documents: dict[str, Any]) -> str:
    patch = plan_istiod_patch(documents, build_request())
    assert (patch.changed, patch.appended, patch.notes) == ({}, (), ())
    (fault,) = patch.faults
    assert fault.startswith("Deployment istio-system/istiod: ")
    return fault


@pytest.mark.parametrize(
    ("cacerts", "source"),
    [
        (MEMORY, "emptyDir"),
        ({"name": "cacerts", "configMap": {"name": "ca"}}, "configMap"),
        ({"name": "cacerts", "csi": {"driver": "csi.cert-manager.io"}}, "csi"),
        ({"name": "cacerts", "secret": {"secretName": "other", "optional": "true"}}, "secret"),
        ({"name": "cacerts", "secret": {"secretName": "cacerts"}}, "secret"),
        ({"name": "cacerts", "secret": {"secretName": "cacerts", "optional": "false"}}, "secret"),
        ({"name": "cacerts", "secret": SECRET | {"items": []}}, "secret"),
        (CACERTS | {"emptyDir": {}}, "emptyDir, secret"),
        ({"name": "cacerts"}, "nothing"),
    ],
)
def test_a_volume_cacerts_that_is_not_the_charts(cacerts: dict[str, Any], source: str) -> None:
    fault = refuse(build_istiod(cacerts=cacerts))
    assert f"is not the chart's (it has {source})" in fault
    assert "Take that change out" in fault


@pytest.mark.parametrize("optional", ["true", "True", True])
def test_a_volume_that_may_be_absent_is_the_charts(optional: object) -> None:
    cacerts = {"name": "cacerts", "secret": {"secretName": "cacerts", "optional": optional}}
    assert plan_istiod_patch([build_istiod(cacerts=cacerts)], build_request()).changed


@pytest.mark.parametrize(
    "changed",
    [
        {"pod": {"volumes": []}},
        {"discovery": {"volumeMounts": []}},
        {"discovery": {"volumeMounts": [{"name": "cacerts", "mountPath": "/elsewhere"}]}},
    ],
)
def test_an_istiod_that_mounts_no_cacerts(changed: dict[str, Any]) -> None:
    assert "does not mount a volume cacerts at /etc/cacerts" in refuse(build_istiod(**changed))


def test_a_deployment_without_istiod_itself() -> None:
    assert "no container discovery" in refuse(build_istiod(pod={"containers": []}))


@pytest.mark.parametrize("folder", ["/etc/other", "", "/etc/istiod-ca"])
def test_another_folder(folder: str) -> None:
    assert "ROOT_CA_DIR is not /etc/cacerts" in refuse(build_istiod(env={"ROOT_CA_DIR": folder}))


@pytest.mark.parametrize("folder", ["/etc/cacerts", "./etc/cacerts", "etc/cacerts"])
def test_the_usual_folder_written_out_is_no_obstacle(folder: str) -> None:
    istiod = build_istiod(env={"ROOT_CA_DIR": folder})
    assert plan_istiod_patch([istiod], build_request()).changed


def test_a_folder_from_elsewhere() -> None:
    variable = {"name": "ROOT_CA_DIR", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}
    assert "ROOT_CA_DIR" in refuse(build_istiod(discovery={"env": [variable]}))


@pytest.mark.parametrize("value", ["false", "False", "0"])
def test_another_ca_signs(value: str) -> None:
    assert "ENABLE_CA_SERVER is off" in refuse(build_istiod(env={"ENABLE_CA_SERVER": value}))


@pytest.mark.parametrize("argument", ["--caCertFile", "--tlsCertFile", "--tlsKeyFile"])
def test_a_certificate_by_argument(argument: str) -> None:
    fault = refuse(build_istiod(args=("discovery", f"{argument}=/etc/cert-manager/tls/tls.crt")))
    assert f"its argument {argument} overrides" in fault


def test_what_is_set_to_its_default_is_no_obstacle() -> None:
    twice = [{"name": "ENABLE_CA_SERVER", "value": each} for each in ("false", "true")]
    assert plan_istiod_patch([build_istiod(discovery={"env": twice})], build_request()).changed
    istiod = build_istiod(env={"ENABLE_CA_SERVER": "true"}, args=("discovery", "--caCertFile="))
    assert plan_istiod_patch([istiod], build_request()).changed


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (build_secret("cacerts"), "the Secret cacerts is among the documents: "),
        (build_secret("cacerts", namespace=None), "the Secret cacerts is among the documents: "),
        (
            build_secret("cacerts", kind="SealedSecret"),
            "(as SealedSecret)",
        ),
        (
            build_secret("cacerts", kind="ExternalSecret"),
            "(as ExternalSecret)",
        ),
        (
            build_secret("ca", kind="ExternalSecret", spec={"target": {"name": "cacerts"}}),
            "(as ExternalSecret)",
        ),
        (
            build_secret("ca", kind="Certificate", spec={"secretName": "cacerts"}),
            "the Secret cacerts is among the documents (as Certificate)",
        ),
        (build_secret("istiod-tls"), "istiod would publish its CA as the mesh's root"),
        (
            build_secret("istiod", kind="Certificate", spec={"secretName": "istiod-tls"}),
            "the Secret istiod-tls is among the documents (as Certificate)",
        ),
    ],
)
def test_a_ca_among_the_documents(document: dict[str, Any], told: str) -> None:
    assert told in refuse(document, build_istiod())


@pytest.mark.parametrize(
    "document",
    [
        build_secret("cacerts", namespace="elsewhere"),
        build_secret("other"),
        build_secret("cacerts", kind="ConfigMap"),
        build_secret("cacerts", kind="Certificate", spec={"secretName": "other"}),
    ],
)
def test_secrets_of_others_are_no_obstacle(document: dict[str, Any]) -> None:
    assert plan_istiod_patch([document, build_istiod()], build_request()).changed


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        ({"initContainers": [{"name": "istiod-agent-init"}]}, "istiod-agent-init"),
        ({"initContainers": [{"name": "istiod-agent"}]}, "istiod-agent"),
    ],
)
def test_half_an_agent(pod: dict[str, Any], name: str) -> None:
    assert f"it has {name} alone of the agent" in refuse(build_istiod(pod=pod))


def test_all_that_is_in_the_way_is_told_at_once() -> None:
    istiod = build_istiod(cacerts=MEMORY, env={"ROOT_CA_DIR": "/x", "ENABLE_CA_SERVER": "false"})
    faults = plan_istiod_patch([istiod, build_secret("cacerts")], build_request()).faults
    assert len(faults) == 4


def test_one_istiod_that_is_refused_holds_the_others_back() -> None:
    documents = [build_istiod(name="istiod-canary"), build_istiod(cacerts=MEMORY)]
    assert refuse(*documents)
