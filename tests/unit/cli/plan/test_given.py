"""Files as people give them: every fault is told with its place, and nothing else is taken."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.cli.plan.given import Given, check_edits, read_given
from roottrust.cli.plan.yaml_documents import DocumentsError, read_documents
from tests.unit.domain.samples import build_manifest_spec


def build(name: str = "mine", **changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "admin.gloo.solo.io/v2",
        "kind": "RootTrustPolicy",
        "metadata": {"name": name, "namespace": "gloo-mesh"},
        "spec": build_manifest_spec(),
        **changes,
    }


def give(tmp_path: Path, text: str, *, namespace: str | None = None) -> Given:
    path = tmp_path / "given.yaml"
    path.write_text(text)
    return read_given(read_documents([str(path)]), namespace=namespace)


def find_faults(tmp_path: Path, *manifests: Any) -> list[str]:
    with pytest.raises(DocumentsError) as raised:
        give(tmp_path, yaml.safe_dump_all(manifests))
    return [line.removeprefix(f"{tmp_path}/given.yaml: ") for line in raised.value.lines]


def test_policies_of_all_documents_and_lists_are_taken(tmp_path: Path) -> None:
    both = {"apiVersion": "v1", "kind": "List", "items": [build("b"), build("c")]}
    found = give(tmp_path, f"---\n---\n{yaml.safe_dump_all([build('a'), both])}")
    names = [each.full_name for each in found.policies]
    assert names == ["gloo-mesh/a", "gloo-mesh/b", "gloo-mesh/c"]
    assert found.policies[2].place.endswith("document 3, item 2")
    assert found.notes == ()


def test_other_kinds_are_skipped_with_a_note(tmp_path: Path) -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    found = give(tmp_path, yaml.safe_dump_all([other, build()]))
    assert len(found.policies) == 1
    assert found.notes == (f"{tmp_path}/given.yaml: document 1: ConfigMap is skipped",)


def test_a_namespace_is_for_those_that_name_none(tmp_path: Path) -> None:
    text = yaml.safe_dump_all([build("a", metadata={"name": "a"}), build("b")])
    found = give(tmp_path, text, namespace="team")
    assert [each.full_name for each in found.policies] == ["team/a", "gloo-mesh/b"]


def test_all_faults_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    first = build("a", apiVersion="admin.gloo.solo.io/v1", sepc={}, spec={"confg": {}})
    second = build("B", metadata={"name": "B", "labels": {"x": 1}}, spec=None)
    assert find_faults(tmp_path, first, second) == [
        "document 1 (RootTrustPolicy a): apiVersion: write admin.gloo.solo.io/v2",
        "document 1 (RootTrustPolicy a): sepc: unknown field",
        "document 1 (RootTrustPolicy a): spec.config: Field required",
        "document 1 (RootTrustPolicy a): spec.confg: Extra inputs are not permitted",
        (
            "document 2 (RootTrustPolicy B): metadata.name: write a name of lower-case letters, "
            "digits, '-' and '.'"
        ),
        (
            "document 2 (RootTrustPolicy B): metadata.namespace: is missing: write it, or give "
            "--namespace"
        ),
        (
            "document 2 (RootTrustPolicy B): metadata.labels: keys and values must be texts: put "
            "them in quotes"
        ),
        "document 2 (RootTrustPolicy B): spec: is missing",
    ]


def test_rules_of_the_crd_are_told_in_their_words(tmp_path: Path) -> None:
    (fault,) = find_faults(tmp_path, build(spec={"config": {"mgmtServerCa": {}}}))
    assert "mgmtServerCa is not supported: it would keep the root's key in etcd" in fault


@pytest.mark.parametrize("content", ["text", ["a"], {"kind": "RootTrustPolicy"}])
def test_what_is_no_object_is_a_fault(tmp_path: Path, content: Any) -> None:
    (fault,) = find_faults(tmp_path, content)
    assert fault == "document 1: is no object of Kubernetes: write apiVersion and kind"


def test_an_object_without_metadata_is_a_fault(tmp_path: Path) -> None:
    assert find_faults(tmp_path, build(metadata=None)) == [
        "document 1: metadata: must hold name and namespace"
    ]


def test_a_policy_that_is_given_twice_is_a_fault(tmp_path: Path) -> None:
    (fault,) = find_faults(tmp_path, build(), build())
    assert fault.startswith("document 2 (RootTrustPolicy mine): is given twice, first in ")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [", "is not YAML that Kubernetes takes (line 1, column 5): "),
        ("a: 1\na: 2\n", "is not YAML that Kubernetes takes (line 2, column 1): the key 'a'"),
        ("a: *x\n", "is not YAML that Kubernetes takes (line 1, column 4): "),
        ("a: !!python/object:os.system {}\n", "is not YAML that Kubernetes takes (line 1"),
    ],
)
def test_broken_yaml_is_told_by_line_and_column(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DocumentsError) as raised:
        give(tmp_path, text)
    (line,) = raised.value.lines
    assert line.startswith(f"{tmp_path}/given.yaml: {fault}")


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(yaml.safe_dump(build("b")))
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(build("a")))
    (tmp_path / "README.md").write_text("no YAML: [")
    found = read_given(read_documents([str(tmp_path)]), namespace=None)
    assert [each.full_name for each in found.policies] == ["gloo-mesh/a", "gloo-mesh/b"]


def test_files_that_cannot_be_read_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfa")
    names = [str(tmp_path / name) for name in ("missing.yaml", "empty", "binary.yaml")]
    with pytest.raises(DocumentsError) as raised:
        read_documents(names)
    assert [line.partition(": ")[2] for line in raised.value.lines] == [
        "cannot be read (No such file or directory)",
        "has no .yaml, .yml or .json files (folders in it are not read)",
        "is not UTF-8",
    ]


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    text = yaml.safe_dump(build()).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    (found,) = read_documents(["-"])
    assert found.place == "stdin: document 1"


def test_an_edit_that_the_api_server_would_refuse_is_told(tmp_path: Path) -> None:
    before = build(spec=build_manifest_spec(rotation={"rootGeneration": 2}))
    given = give(tmp_path, yaml.safe_dump(build())).policies
    (fault,) = check_edits(given, {"gloo-mesh/mine": before})
    assert "(RootTrustPolicy mine): spec.rotation.rootGeneration: cannot be lowered" in fault
    assert check_edits(given, {"gloo-mesh/mine": build()}) == ()
    assert check_edits(given, {"gloo-mesh/mine": build(spec={"old": 1})}) == ()


def test_what_is_not_utf_8_is_told_of_stdin_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    with pytest.raises(DocumentsError, match="stdin: is not UTF-8"):
        read_documents(["-"])


def test_a_folder_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(_: Path) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(DocumentsError, match=r"cannot be read \(Permission denied\)"):
        read_documents([str(tmp_path)])
