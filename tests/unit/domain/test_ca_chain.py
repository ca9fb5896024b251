from __future__ import annotations

import pytest
from pydantic import SecretStr

from roottrust.domain.ca_chain import build_files
from roottrust.domain.ca_files import NAMES
from roottrust.domain.certificate import UnreadableCertificateError
from tests.unit.domain.certificates import build_name, build_pem

SIGNED, CROSSED, ROOT = (build_pem(subject=build_name(name)) for name in ("int", "B", "A"))
KEY = SecretStr("key")


def test_root_file_is_the_pinned_text_and_the_chain_is_canonical() -> None:
    files = build_files(
        certificate=SIGNED.rstrip(),  # Vault leaves the newline out
        key=KEY,
        trust_bundle=ROOT,
        cross_certificates=f"{CROSSED}\n\n",
    )
    assert files.certificate == SIGNED
    assert files.chain == SIGNED + CROSSED
    assert files.trust_bundle == ROOT
    assert dict(files.list_contents())["ca-key.pem"] == "key"
    assert tuple(name for name, _ in files.list_contents()) == NAMES
    assert "key='" not in repr(files)


def test_answer_of_several_certificates_is_refused() -> None:
    with pytest.raises(UnreadableCertificateError, match="exactly one"):
        build_files(certificate=SIGNED + ROOT, key=KEY, trust_bundle=ROOT, cross_certificates=None)
