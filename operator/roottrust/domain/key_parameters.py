"""Kinds of keys as Vault's PKI names them: `key_type` and `key_bits`."""

from __future__ import annotations

from roottrust.api.choices import KeyType

KEY_PARAMETERS: dict[KeyType, tuple[str, int]] = {
    KeyType.ECDSA_P256: ("ec", 256),
    KeyType.ECDSA_P384: ("ec", 384),
    KeyType.RSA_2048: ("rsa", 2048),
    KeyType.RSA_3072: ("rsa", 3072),
    KeyType.RSA_4096: ("rsa", 4096),
}
