"""The key with which a cluster's API server signs tokens, exchanged as an administrator does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from testbed import Cluster
from tests.integration.hub.waiting import wait_for

PART = "kube-apiserver"
_KEYS = ("--service-account-key-file=", "--service-account-signing-key-file=")


@dataclass(frozen=True)
class SigningKey:
    """A key pair; the first one is the testbed's own, of the type RSA."""

    private: Path
    public: Path


def make_key(folder: Path, name: str) -> SigningKey:
    """Make a key of another type."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = SigningKey(folder / f"{name}.key", folder / f"{name}.pub")
    made.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key()
    made.public.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return made


def get_first_key(cluster: Cluster) -> SigningKey:
    """Return the key that the cluster was made with."""
    private = cluster.pki / "service-account.key"
    return SigningKey(private, private.with_suffix(".pub"))


def sign_with(cluster: Cluster, key: SigningKey, *also: SigningKey) -> None:
    """Have the API server sign with a key, and accept tokens of the others as well."""
    words = [word for word in cluster.programs.argv(PART) if not word.startswith(_KEYS)]
    words += [f"--service-account-key-file={each.public}" for each in (key, *also)]
    words.append(f"--service-account-signing-key-file={key.private}")
    cluster.stop_part(PART)
    cluster.programs.start(PART, words)
    wait_for(cluster.is_serving, bool, seconds=60)


@contextmanager
def restored(cluster: Cluster) -> Iterator[None]:
    """Leave the API server as it was found."""
    words = cluster.programs.argv(PART)
    try:
        yield
    finally:
        cluster.stop_part(PART)
        cluster.programs.start(PART, words)
        wait_for(cluster.is_serving, bool, seconds=60)
