from __future__ import annotations

import pytest

from roottrust.domain.pod_name import is_pod_of

LONG = "istiod-" + "r" * 43  # 50 characters: dash and hash of 10 make it 61
LONGEST = "istiod-" + "r" * 56


@pytest.mark.parametrize(
    ("pod", "deployment"),
    [
        ("istiod-6d4cf7b5f9-x7k2p", "istiod"),
        ("istiod-1-26-1-6d4cf7b5f9-x7k2p", "istiod-1-26-1"),
        (f"{LONG}-6d4cf7bx7k2p", LONG),  # the hash is cut
        (f"{'istiod-' + 'r' * 40}-6d4cf7b5f9x7k2p", "istiod-" + "r" * 40),  # the dash is cut
        (f"{LONGEST[:58]}x7k2p", LONGEST),  # the name itself is cut
    ],
)
def test_pod_belongs_to_its_deployment(pod: str, deployment: str) -> None:
    assert is_pod_of(pod, deployment=deployment)


@pytest.mark.parametrize(
    ("pod", "deployment"),
    [
        ("istiod-canary-6d4cf7b5f9-x7k2p", "istiod"),
        ("istiod-6d4cf7b5f9-x7k2p", "istiod-6d4cf7b5f9"),
        ("istiod-6d4cf7b5f9-x7k2p", "istio"),
        ("istiod-6d4cf7b5f9-X7K2P", "istiod"),
        ("istiod-0", "istiod"),
        ("istiod", "istiod"),
        ("istiod-6d4cf7b5f9x7k2p", "istiod"),
        ("", "istiod"),
    ],
)
def test_pod_of_another_is_not_taken(pod: str, deployment: str) -> None:
    assert not is_pod_of(pod, deployment=deployment)
