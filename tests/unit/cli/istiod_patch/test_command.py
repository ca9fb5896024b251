"""`roottrust istiod-patch` as a filter: what it writes, what it refuses, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml
from click.testing import CliRunner, Result

from roottrust.cli.main import main
from tests.unit.domain.istiods import build_istiod, build_secret

CRD = """---
# Source: base/crds.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: "x",   annotations: {helm.sh/hook:   pre-install}}
spec:   # left as it is: 014, yes, 1_000
    octal: 0644
"""
ISTIOD = "---\n# Source: istiod/templates/deployment.yaml\n" + yaml.safe_dump(build_istiod())

Filter = Callable[..., Result]


@pytest.fixture
def filter_text() -> Filter:
    def run(text: str | bytes, *arguments: str) -> Result:
        words = ["istiod-patch", *(arguments or ("--cluster=cluster1",))]
        return CliRunner().invoke(main, words, input=text)

    return run


def test_only_istiod_is_written_anew(filter_text: Filter) -> None:
    result = filter_text(CRD + ISTIOD + CRD)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(CRD + "---\n# Source: istiod/templates/deployment.yaml\n")
    assert CRD + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n" in result.stdout
    kinds = [each["kind"] for each in yaml.safe_load_all(result.stdout)]
    crd = "CustomResourceDefinition"
    assert kinds == [crd, "Deployment", crd, "Role", "RoleBinding"]


def test_the_ends_of_lines_of_others_stay(filter_text: Filter) -> None:
    windows = CRD.replace("\n", "\r\n")
    assert filter_text(windows + ISTIOD).stdout_bytes.startswith(windows.encode())


def test_patching_what_is_patched_gives_the_same_bytes(filter_text: Filter) -> None:
    once = filter_text(CRD + ISTIOD)
    twice = filter_text(once.stdout_bytes)
    assert twice.stdout_bytes == once.stdout_bytes
    assert twice.stderr.startswith("Note: Deployment istio-system/istiod has the agent already")


def test_a_document_without_its_last_newline_is_no_trap(filter_text: Filter) -> None:
    result = filter_text(ISTIOD + CRD.rstrip("\n"))
    assert len(list(yaml.safe_load_all(result.stdout))) == 4


@pytest.mark.parametrize(
    ("arguments", "audience"),
    [
        (("--cluster=cluster1",), "vault-cluster1"),
        (("--audience=vault",), "vault"),
        (("--login=kubernetes", "--audience=vault"), "vault"),
        (("--login=kubernetes",), None),
    ],
)
def test_the_token_is_for_the_clusters_audience(
    filter_text: Filter, arguments: tuple[str, ...], audience: str | None
) -> None:
    output = filter_text(ISTIOD, *arguments).stdout
    assert ("serviceAccountToken" in output) is (audience is not None)
    assert audience is None or f"audience: {audience}\n" in output


def test_the_form_and_the_image_can_be_chosen(filter_text: Filter) -> None:
    output = filter_text(ISTIOD, "--cluster=c", "--native-sidecar", "--image=a.example/b:1").stdout
    assert output.count("image: a.example/b:1\n") == 1
    assert "restartPolicy: Always" in output


def test_the_namespace_is_helms_where_none_is_written(
    filter_text: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = yaml.safe_dump(build_istiod(namespace=None))
    assert filter_text(text).exit_code == 1
    monkeypatch.setenv("HELM_NAMESPACE", "mesh")
    assert "namespace: mesh" in filter_text(text).stdout


def test_rights_can_be_left_out(filter_text: Filter) -> None:
    assert "RoleBinding" not in filter_text(ISTIOD, "--cluster=c", "--no-rbac").stdout


def test_what_is_refused_leaves_nothing_on_stdout(filter_text: Filter) -> None:
    secret = "---\n" + yaml.safe_dump(build_secret("cacerts", stringData={"ca-key.pem": "private"}))
    result = filter_text(ISTIOD + secret)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "Error: Deployment istio-system/istiod: the Secret cacerts is among the documents"
    )
    assert "private" not in result.stderr


def test_a_secret_written_as_json_is_found(filter_text: Filter) -> None:
    secret = '---\n{"apiVersion":"v1","kind":"Secret","metadata":{"name":"istiod-tls"}}\n'
    assert filter_text(ISTIOD + secret).exit_code == 1


@pytest.mark.parametrize("text", ["", CRD])
def test_documents_without_istiod_are_an_error_unless_allowed(
    filter_text: Filter, text: str
) -> None:
    refused = filter_text(text)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Stdin is empty" in refused.stderr or "--allow-none" in refused.stderr
    allowed = filter_text(text, "--cluster=c", "--allow-none")
    assert (allowed.exit_code, allowed.stdout) == (0, text)


@pytest.mark.parametrize("text", [b"\xff\xfe", "kind: Deployment\nmetadata: ["])
def test_what_cannot_be_read_is_told(filter_text: Filter, text: str | bytes) -> None:
    result = filter_text(text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: stdin")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--login=jwt",), "Give --cluster NAME"),
        (("--audience=",), "Give --cluster NAME"),
        (("--cluster=a", "--audience=b"), "not both"),
        (("--cluster=a_b",), "is no DNS label"),
        (("--login=ldap",), "'ldap' is not one of"),
    ],
)
def test_wrong_usage_says_what_to_give(
    filter_text: Filter, arguments: tuple[str, ...], told: str
) -> None:
    result = filter_text(ISTIOD, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_help_has_an_example_for_each_way(filter_text: Filter) -> None:
    output = filter_text("", "--help").stdout
    for way in ("A pipe:", "Helm 4, by the plugin", "Helm 3:", "kustomize"):
        assert way in output
