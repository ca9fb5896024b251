"""Intermediates as Vault signs them, what agents report of them, and what liars would."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import strategies as st

from roottrust.api.issued_certificate import Instance
from roottrust.api.mesh import IstiodReplicas, MeshStatus, NamespaceSync
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.instance_check import Pinned
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.trust_bundle import build_trust_bundle
from tests.unit.domain.certificates import NOW, build_name, build_pem
from tests.unit.domain.samples import OTHER_ROOT, ROOT, ROOT_KEY, USAGE

NAME = build_intermediate_common_name("cluster1")
BUNDLE = build_trust_bundle(ROOT)
PINNED = Pinned(
    root=ROOT,
    roots=(ROOT,),
    bundle_fingerprint=BUNDLE.text_fingerprint,
    common_name=NAME,
    generation=1,
)
LATER = NOW + timedelta(days=1)


def build_intermediate(serial: int = 0x1A2B, **changes: Any) -> Certificate:
    """Return an intermediate under the root of the samples, with a key of its own."""
    wanted: dict[str, Any] = {
        "subject": build_name(NAME),
        "issuer": build_name("Root"),
        "signer": ROOT_KEY,
        "path_length": 0,
        "usage": USAGE,
        "serial": serial,
    }
    return parse_certificate(build_pem(**{**wanted, **changes}))


INTERMEDIATE = build_intermediate()
SECOND = build_intermediate(0x2B3C)

# Such as no agent could have: each is a lie whatever is told of it.
FORGED = {
    "signed by another key": build_intermediate(signer=ec.generate_private_key(ec.SECP256R1())),
    "of another root": build_intermediate(issuer=build_name("Other")),
    "of another cluster": build_intermediate(subject=build_name(NAME.replace("1", "2"))),
    "of an organization that ends as the name does": build_intermediate(
        subject=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"x,CN={NAME},")])
    ),
    "no CA": build_intermediate(is_ca=False, path_length=None),
    "no limit below": build_intermediate(path_length=None),
    "another CA below": build_intermediate(path_length=1),
    "a root": OTHER_ROOT,
    "the root": ROOT,
}


def build_instance(
    certificate: Certificate = INTERMEDIATE, *, pod: str = "istiod-5d9c7b6f4-abcde", **changes: Any
) -> Instance:
    """Return what an agent reports of an intermediate that istiod serves."""
    told = {
        "pod": pod,
        "serial": certificate.serial,
        "fingerprint": certificate.fingerprint,
        "issuer_fingerprint": ROOT.fingerprint,
        "chain": certificate.pem,
        "trust_bundle_fingerprint": BUNDLE.text_fingerprint,
        "intermediate_generation": 1,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "loaded_by_istiod": True,
    }
    return Instance.model_validate({**told, **changes})


def dump(*instances: Instance) -> list[dict[str, Any]]:
    """Return entries as the API server has them."""
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in instances]


def build_mesh_status(**changes: Any) -> MeshStatus:
    """Return what a cluster reports of a mesh that is as it should be."""
    told = {
        "root_fingerprints": (ROOT.fingerprint,),
        "namespaces": NamespaceSync(in_sync=3, total=3),
        "istiod": IstiodReplicas(ready=1, total=1),
        "self_signed": False,
    }
    return MeshStatus.model_validate({**told, **changes})


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """What anybody may have written into an entry."""
    certificate = draw(st.sampled_from((INTERMEDIATE, SECOND, *FORGED.values())))
    moments = st.sampled_from(
        (certificate.not_before, certificate.not_after, certificate.not_after + timedelta(days=9))
    )
    changes: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"pod": st.sampled_from(("istiod-a", "istiod-b", "x"))},
            optional={
                "chain": st.sampled_from(
                    (None, certificate.pem + ROOT.pem, ROOT.pem + certificate.pem)
                ),
                "serial": st.sampled_from((None, "1a:2b", "ff", "1A2B".lower())),
                "fingerprint": st.sampled_from((None, "e" * 64, INTERMEDIATE.fingerprint)),
                "issuer_fingerprint": st.sampled_from((None, "e" * 64)),
                "trust_bundle_fingerprint": st.sampled_from((None, "e" * 64)),
                "intermediate_generation": st.sampled_from((None, 0, 1, 2, 9)),
                "not_before": st.none() | moments,
                "not_after": st.none() | moments,
                "loaded_by_istiod": st.sampled_from((None, True, False)),
                "error": st.sampled_from((None, "", "It failed.", "a\nb")),
            },
        )
    )
    return build_instance(certificate, **changes)


def moments() -> st.SearchStrategy[datetime]:
    """Any time of an intermediate's life, before and after."""
    return st.integers(-10, 4000).map(lambda days: NOW + timedelta(days=days))


OF_A_SECOND_GENERATION = replace(PINNED, generation=2)
