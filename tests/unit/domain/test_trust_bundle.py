from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.certificate import Certificate, parse_certificate, parse_certificates
from roottrust.domain.trust_bundle import build_trust_bundle
from tests.unit.domain.certificates import build_pem

ROOTS = tuple(parse_certificate(build_pem()) for _ in range(4))


def test_the_text_is_canonical_and_its_digest_is_that_of_its_bytes() -> None:
    bundle = build_trust_bundle(*ROOTS[:2])
    assert bundle.pem == ROOTS[0].pem + ROOTS[1].pem
    assert bundle.pem.endswith("-----END CERTIFICATE-----\n")
    assert "\n\n" not in bundle.pem
    assert bundle.text_fingerprint == hashlib.sha256(bundle.pem.encode()).hexdigest()
    assert parse_certificates(bundle.pem) == ROOTS[:2]


@given(root=st.sampled_from(ROOTS), others=st.lists(st.sampled_from(ROOTS)))
def test_the_root_in_use_is_first_and_others_keep_their_order(
    root: Certificate, others: list[Certificate]
) -> None:
    bundle = build_trust_bundle(root, *others)
    assert bundle.root == root
    assert len(set(bundle.fingerprints)) == len(bundle.fingerprints)
    assert set(bundle.fingerprints) == {each.fingerprint for each in (root, *others)}
    # What is new is appended: Istio before 1.30 takes no other order.
    appended = build_trust_bundle(root, *others, ROOTS[-1])
    assert appended.fingerprints[: len(bundle.fingerprints)] == bundle.fingerprints
