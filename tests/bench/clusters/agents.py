"""The agents of all clusters: real intermediates that Vault signs, reported as agents do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roottrust.domain.moment import show_time
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.bare_vault import BareVault, run_at_once

_API = "internal.gloo.solo.io/v2"
_POD = "istiod-5d9c7b6f4-abcde"
_CONCURRENCY = 8


class Agents:
    """Plays them; one key does for all, as nobody ever signs with it."""

    def __init__(self, vault: BareVault, fleet: BareKubernetes) -> None:
        self._vault = vault
        self._fleet = fleet
        self._request = _make_request()

    async def serve(self, certificates: Iterable[Mapping[str, Any]]) -> None:
        """Have each cluster obtain its intermediate, and report it and its Mesh."""
        await run_at_once(certificates, self._serve_one, concurrency=_CONCURRENCY)

    async def _serve_one(self, certificate: Mapping[str, Any]) -> None:
        spec, metadata = certificate["spec"], certificate["metadata"]
        place = {"namespace": metadata["namespace"], "name": metadata["name"]}
        pem = await self._obtain(spec)
        instances = [{"pod": _POD, **describe(pem, spec)}]
        await self._report("IssuedCertificate", place, {"instances": instances})
        await self._report("Mesh", place, _describe_mesh(spec))

    async def _obtain(self, spec: Mapping[str, Any]) -> str:
        wanted = {
            "csr": self._request,
            "common_name": spec["certOptions"]["commonName"],
            "max_path_length": "0",
            "ttl": f"{24 * spec['certOptions']['ttlDays']}h",
            "exclude_cn_from_sans": "true",
            "format": "pem",
        }
        answer = await self._vault.write_and_read(spec["agentCa"]["vault"]["caPath"], wanted)
        return f"{answer['certificate'].strip()}\n"

    async def _report(self, kind: str, place: Mapping[str, str], status: object) -> None:
        plural = "meshes" if kind == "Mesh" else f"{kind.lower()}s"
        path = f"/apis/{_API}/namespaces/{place['namespace']}/{plural}/{place['name']}/status"
        manifest = {"apiVersion": _API, "kind": kind, "metadata": dict(place), "status": status}
        await self._fleet.apply(path, manifest, manager=f"roottrust-agent-{_POD}")


def describe(pem: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an agent reports of an intermediate that istiod serves."""
    found = x509.load_pem_x509_certificate(pem.encode())
    bundle = spec["trustBundle"]
    return {
        "serial": f"{found.serial_number:x}",
        "fingerprint": found.fingerprint(hashes.SHA256()).hex(),
        "issuerFingerprint": _get_root_fingerprint(bundle),
        "chain": pem,
        "trustBundleFingerprint": hashlib.sha256(bundle.encode()).hexdigest(),
        "intermediateGeneration": spec["intermediateGeneration"],
        "notBefore": show_time(found.not_valid_before_utc),
        "notAfter": show_time(found.not_valid_after_utc),
        "loadedByIstiod": True,
    }


def _describe_mesh(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rootFingerprints": [_get_root_fingerprint(spec["trustBundle"])],
        "namespaces": {"inSync": 3, "total": 3},
        "istiod": {"ready": 1, "total": 1},
        "selfSigned": False,
    }


def _get_root_fingerprint(bundle: str) -> str:
    root = x509.load_pem_x509_certificate(bundle.encode())
    return root.fingerprint(hashes.SHA256()).hex()


def _make_request() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "whatever")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
