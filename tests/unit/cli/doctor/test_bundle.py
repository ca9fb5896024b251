"""What an archive for a bug report has, whatever others wrote into statuses: no secret."""

from __future__ import annotations

import base64
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from roottrust.cli.doctor.archive import write_archive
from roottrust.cli.doctor.bundle import build_bundle, describe_bundle
from roottrust.cli.doctor.facts import BadConfiguration
from roottrust.cli.doctor.judge import judge
from roottrust.cli.doctor.redacted import redact, redact_text
from roottrust.domain.redaction import REDACTED
from tests.unit.cli.doctor.cases import DENIED, build_deployment, build_facts
from tests.unit.cli.status.objects import build_condition, build_mesh, build_policy
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import ROOT

TOKEN = "hvs." + "CAESIJ" * 5
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBs0f7\nzzzz\n-----END EC PRIVATE KEY-----"
PASSWORD = "correct-horse-battery"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


KUBECONFIG = (
    f"users:\n- name: x\n  user:\n    token: {PASSWORD}\n    client-key-data: {encode(KEY)}\n"
)

HOSTILE = {
    "a token": TOKEN,
    "a token of Kubernetes": JWT,
    "a key": KEY,
    "an encoded key": encode(KEY),
    "a key encoded twice": encode(encode(KEY)),
    "an encoded token behind a path": f"data/{encode(TOKEN)}",
    "a key in hexadecimal": KEY.encode().hex(),
    "a kubeconfig": KUBECONFIG,
    "an encoded kubeconfig": encode(KUBECONFIG),
    "a password in an address": f"https://admin:{PASSWORD}@vault.example",
    "a password that is assigned": f"VAULT_PASSWORD={PASSWORD} failed",
    "a header": f"Authorization: Bearer {PASSWORD}",
}
TRACES = (
    TOKEN,
    JWT,
    PASSWORD,
    "MHcCAQEEIBs0f7",
    encode(KEY)[:40],
    encode(encode(KEY))[:40],
    encode(TOKEN)[:30],
    KEY.encode().hex()[:60],
    encode(KUBECONFIG)[:40],
)


def build(**changes: Any) -> dict[str, str]:
    facts = build_facts(**changes)
    return build_bundle(facts, judge(facts))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_status_that_holds_a_secret_is_redacted_in_every_file(name: str) -> None:
    told = HOSTILE[name]
    condition = {**build_condition("Accepted", "False"), "message": told}
    policy = build_policy(conditions=[condition], warnings=[told])
    policy["metadata"]["annotations"] = {"note": told}
    policy["spec"]["note"] = told
    event = {"reason": "Odd", "message": told, "involvedObject": {"name": told}}
    files = build(
        policies=(policy,),
        meshes=(build_mesh(message=told),),
        events={"gloo-mesh": (event,)},
        configuration=BadConfiguration(lines=(told,)),
    )
    for file, text in files.items():
        assert [trace for trace in TRACES if trace in text] == [], file
    assert REDACTED in files["policies.json"]
    assert REDACTED in files["report.txt"]


def test_fields_that_are_named_as_secrets_are_redacted_whatever_they_hold() -> None:
    found = redact({"token": "x", "secret_id": "y", "nested": [{"password": "z"}], "name": "n"})
    assert found == {
        "token": REDACTED,
        "secret_id": REDACTED,
        "nested": [{"password": REDACTED}],
        "name": "n",
    }
    reference = {"tokenSecretRef": {"name": "vault-token"}}
    assert redact(reference) == reference


@pytest.mark.parametrize(
    "text",
    [
        ROOT.fingerprint,
        ROOT.pem,
        "The operator's token is denied update on auth/kube-cluster1-mesh-auth/role/x.",
        "pki_int_cluster1/intermediate/generate/exported",
        "https://vault.example:8200",
        "istiod-5d9c7b6f4-abcde",
    ],
)
def test_what_a_report_is_read_for_stays(text: str) -> None:
    assert redact_text(text) == text


TEXTS = st.text(max_size=30)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_any_value_can_be_redacted_and_written(value: Any) -> None:
    json.dumps(redact(value))


@given(before=TEXTS, after=TEXTS)
def test_a_token_is_found_between_anything(before: str, after: str) -> None:
    assert TOKEN not in redact_text(f"{before} {TOKEN} {after}")


def test_objects_are_chosen_by_field() -> None:
    policy = build_policy()
    policy["metadata"]["annotations"] = {"x": "kept to yourself"}
    policy["metadata"]["managedFields"] = [{"manager": "kept to yourself"}]
    deployment = build_deployment()
    files = build(policies=(policy,), deployments=(deployment,), pods=DENIED)
    assert "kept to yourself" not in "".join(files.values())
    operator = json.loads(files["operator.json"])
    assert operator["images"] == ["roottrust:0.1.0"]
    assert "env" not in files["operator.json"]
    assert operator["pods"] == {"notSeen": "You may not list it."}
    (told,) = json.loads(files["policies.json"])
    assert told["status"]["conditions"][0]["type"] == "Accepted"
    assert "trustBundle" not in json.loads(files["issuedcertificates.json"])[0]
    configuration = yaml.safe_load(files["configuration.yaml"])
    assert configuration["cluster"]["name"] == "cluster1"
    assert json.loads(files["report.json"])["result"]


def test_the_archive_is_readable_by_its_owner_alone_and_says_nothing_of_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "report.tar.gz"
    path.touch()
    path.chmod(0o644)
    write_archive(path, {"a.json": "{}", "b.txt": "ü"}, now=NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        entries = archive.getmembers()
        texts = [archive.extractfile(each) for each in entries]
        assert [each.read().decode() for each in texts if each] == ["{}", "ü"]
    assert [each.name for each in entries] == ["roottrust-doctor/a.json", "roottrust-doctor/b.txt"]
    assert {(each.uid, each.uname, each.mode) for each in entries} == {(0, "", 0o644)}


def test_a_person_is_told_what_they_are_about_to_send() -> None:
    told = describe_bundle("report.tar.gz", build())
    assert told.startswith(
        "report.tar.gz has report.txt, report.json, versions.json, policies.json"
    )
    assert "It has no Secret, token, kubeconfig or private key. Read it before you send it." in told
