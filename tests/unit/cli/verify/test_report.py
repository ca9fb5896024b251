"""The result as programs read it."""

from __future__ import annotations

import json

from roottrust.domain.verification import Result
from tests.unit.cli.verify.reports import DIFFERENT, OK, SKIPPED, UNKNOWN, build


def test_the_json_has_every_check_in_a_fixed_order_and_form() -> None:
    report = json.loads(build(SKIPPED, DIFFERENT, OK, UNKNOWN).model_dump_json(by_alias=True))
    assert report["formatVersion"] == "1.0"
    assert report["verifiedAt"] == "2026-01-01T00:00:00Z"
    assert report["result"] == "Differences"
    assert report["summary"] == {
        "meshes": 1,
        "ok": 1,
        "different": 1,
        "unknown": 1,
        "skipped": 1,
        "warnings": 1,
    }
    (mesh,) = report["meshes"]
    assert [each["check"] for each in mesh["checks"]] == [
        "VaultRoot",
        "Agent",
        "ServedChain",
        "WorkloadCertificate",
    ]
    unknown = mesh["checks"][0]
    assert (unknown["outcome"], unknown["message"], unknown["nextStep"]) == (
        "Unknown",
        "Vault is away.",
        "Name another.",
    )
    assert mesh["checks"][1]["message"] is None


def test_what_could_not_be_checked_is_never_verified() -> None:
    assert build(OK).result is Result.VERIFIED
    assert build(OK, UNKNOWN).result is Result.INCOMPLETE
    assert build(SKIPPED).result is Result.INCOMPLETE
