from __future__ import annotations

import pytest

from roottrust.vault.session import classify_path


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("sys/mounts", "sys/mounts"),
        ("sys/mounts/pki_int_x/tune", "sys/mounts"),
        ("sys/policies/acl/x", "sys/policies"),
        ("auth/token/renew-self", "auth/token"),
        ("auth/kube-c1-mesh-auth/role/x", "auth"),
        ("pki/issuer/abc/sign-intermediate", "secrets-engine"),
    ],
)
def test_paths_have_few_classes(path: str, word: str) -> None:
    assert classify_path(path) == word
