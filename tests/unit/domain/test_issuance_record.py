from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.issuance_record import build_record, parse_record, render_record
from tests.unit.domain.certificates import build_name, build_pem

ROOT, OTHER = (build_pem(subject=build_name(name)) for name in ("A", "B"))


def build_spec(**changes: Any) -> IssuedCertificateSpec:
    vault = {
        "caPath": "pki/issuer/1/sign-intermediate",
        "server": "https://vault:8200",
        "kubernetesAuth": {"mountPath": "/v1/auth/k", "role": "r"},
    }
    mesh = {"name": "istiod-s-c", "cluster": "c", "namespace": "s", "deployment": "istiod"}
    options = {"commonName": "int", "ttlDays": 30}
    return IssuedCertificateSpec.model_validate(
        {
            "meshRef": mesh,
            "certOptions": {**options, **changes.pop("options", {})},
            "agentCa": {"vault": {**vault, **changes.pop("vault", {})}},
            "trustBundle": ROOT,
            **changes,
        }
    )


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"commonName": "other"}},
        {"options": {"keyType": "rsa-2048"}},
        {"options": {"orgName": "Example"}},
        {"vault": {"caPath": "pki/issuer/2/sign-intermediate"}},
        {"vault": {"csrPath": "int/intermediate/generate/exported"}},
    ],
)
def test_what_changes_the_intermediate_changes_the_digest(change: dict[str, Any]) -> None:
    assert build_record(build_spec(**change)).options != build_record(build_spec()).options


@pytest.mark.parametrize("change", [{"trustBundle": ROOT + OTHER}, {"crossCertificates": OTHER}])
def test_what_changes_trust_changes_its_digest_alone(change: dict[str, Any]) -> None:
    record = build_record(build_spec(**change))
    assert record.trust != build_record(build_spec()).trust
    assert record.options == build_record(build_spec()).options


def test_life_is_not_in_the_digest() -> None:
    """The hub lowers it again and again as the root's end comes near."""
    record = build_record(build_spec(options={"ttlDays": 31}))
    assert record == replace(build_record(build_spec()), ttl_days=31)


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"secretRotationGracePeriodRatio": 0.2}},
        {"vault": {"server": "https://elsewhere:8200", "caBundle": ROOT}},
        {"vault": {"kubernetesAuth": {"mountPath": "/v1/auth/k2", "role": "r2"}}},
        {"autoRestartPods": True},
        {"hosts": ["istiod.s.svc"]},
    ],
)
def test_what_does_not_change_the_files_obtains_nothing_new(change: dict[str, Any]) -> None:
    assert build_record(build_spec(**change)) == build_record(build_spec())


def test_record_survives_its_file() -> None:
    record = build_record(build_spec(intermediateGeneration=7))
    assert parse_record(render_record(record)) == record
    assert record.intermediate_generation == 7


def test_what_istiod_started_with_is_kept_and_obtains_nothing_new() -> None:
    record = replace(build_record(build_spec()), started_with="a" * 64)
    assert record == build_record(build_spec())
    kept = parse_record(render_record(record))
    assert kept is not None
    assert kept.started_with == "a" * 64
    before = render_record(record).replace('"started_with"', '"of_another_version"')
    of_before = parse_record(before)
    assert of_before is not None
    assert of_before.started_with == ""


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"options": "a"}', "{"])
def test_file_of_another_version_tells_nothing(text: str) -> None:
    assert parse_record(text) is None
