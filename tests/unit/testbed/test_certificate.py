"""Certificates and kubeconfigs say what clients check."""

import base64
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbed import certificate, control_plane
from testbed.address import AddressRange
from testbed.certificate import Authority


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(certificate, "write_signing_key", lambda *_: None)
    addresses = AddressRange(77).cluster(1)
    control_plane.write_identities(
        tmp_path, name="c1", addresses=addresses, server="https://10.77.1.2:6443"
    )
    return tmp_path


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_an_authority_may_sign_and_keeps_its_key_private(tmp_path: Path) -> None:
    Authority.create("test").save(tmp_path, "ca")
    extensions = load(tmp_path / "ca.crt").extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


def test_a_certificate_serves_under_its_names_and_addresses(tmp_path: Path) -> None:
    authority = Authority.create("test")
    authority.issue(
        tmp_path,
        "server",
        common_name="vault.example",
        dns_names=("localhost", "vault.example"),
        addresses=(IPv4Address("10.77.0.1"),),
    )
    issued = load(tmp_path / "server.crt")
    issued.verify_directly_issued_by(authority.certificate)
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "vault.example"]
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("10.77.0.1")]
    usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage


def test_the_api_server_is_known_by_its_service_and_node_address(pki: Path) -> None:
    issued = load(pki / "server.crt")
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)
    assert {IPv4Address("10.79.1.1"), IPv4Address("10.77.1.2")} <= set(
        names.get_values_for_type(x509.IPAddress)
    )


def test_a_kubelet_logs_in_as_its_node(pki: Path) -> None:
    subject = load(pki / "kubelet.crt").subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "system:node:c1"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:nodes"


def test_a_kubeconfig_needs_no_other_file(pki: Path) -> None:
    path = pki / "admin.kubeconfig"
    assert path.stat().st_mode & 0o777 == 0o600
    content = yaml.safe_load(path.read_text())
    assert content["current-context"] == "c1"
    assert content["contexts"][0]["name"] == "c1"
    cluster = content["clusters"][0]["cluster"]
    assert cluster["server"] == "https://10.77.1.2:6443"
    authority = base64.b64decode(cluster["certificate-authority-data"])
    assert authority == (pki / "ca.crt").read_bytes()
    user = content["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == (pki / "admin.key").read_bytes()
