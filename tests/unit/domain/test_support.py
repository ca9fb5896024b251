from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.support import check_supported
from tests.unit.domain.certificates import build_pem
from tests.unit.domain.samples import build_spec

PASSIVE = {"passiveCertificateAuthorities": [{"certificate": build_pem()}]}


def find_message(**changes: Any) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        check_supported(build_spec(**changes))
    assert caught.value.reason == Reason.NOT_SUPPORTED
    assert caught.value.message.endswith(".")
    return caught.value.message


def test_a_policy_as_in_the_guide_is_supported() -> None:
    check_supported(build_spec())


def test_what_says_no_more_than_the_default_is_supported() -> None:
    check_supported(
        build_spec(
            config={"autoRestartPods": True, "restartOn": "Issuance"},
            management={"mode": "Observe", "deletionPolicy": "Delete"},
            rotation={"rootGeneration": 2, "intermediateGeneration": 2, "strategy": "MultiRoot"},
        )
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"config": PASSIVE},
            "passiveCertificateAuthorities (leave it out)",
        ),
    ],
)
def test_what_would_have_no_effect_is_refused_with_what_to_do(
    changes: dict[str, Any], words: str
) -> None:
    message = find_message(**changes)
    assert message.startswith("This version does not support ")
    assert words in message
