"""Look for a secret in everything that a cluster keeps outside of its pods' memory."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from testbed import Cluster

_EVERYTHING = "secrets,configmaps,events,pods,rtp,meshes,issuedcertificates,podbouncedirectives"
# Tokens of HashiCorp's Vault and of OpenBao, as they are at their shortest. In etcd a length stands
# before a text, which may look like a letter.
_VAULT_TOKEN = re.compile(rb"hv[sbr]\.[A-Za-z0-9_-]{24,}|\bs\.[A-Za-z0-9]{24}\b")
PLANTED = b"hvs." + b"planted" * 13


def build_needles(secret: bytes) -> list[bytes]:
    """Return what to look for: the secret raw, in hexadecimal, in base64, and in base64 of base64.

    It is looked for in halves, since PEM breaks its lines wherever it likes. Base64 of PEM, as a
    Secret has it in JSON, is base64 of base64.
    """
    middle = len(secret) // 2
    needles: list[bytes] = []
    for half in (secret[:middle], secret[middle:]):
        encoded = _encode(half)
        needles += [half, half.hex().encode(), half.hex().upper().encode(), *encoded]
        needles += [twice for once in encoded for twice in _encode(once)]
    return needles


def find_traces(cluster: Cluster, needles: list[bytes]) -> set[str]:
    """Name every place that has one of them."""
    return {place for place, content in _read_places(cluster) if _holds(content, needles)}


def find_vault_tokens(cluster: Cluster, *, planted: bool = False) -> set[str]:
    """Name every place that has a text which looks like a token of Vault.

    Those that were planted are looked for alone, or not at all: etcd keeps what was deleted until
    it is compacted.
    """
    return {
        place
        for place, content in _read_places(cluster)
        if any(token.startswith(PLANTED) is planted for token in _VAULT_TOKEN.findall(content))
    }


def _encode(text: bytes) -> list[bytes]:
    """Encode in base64 as the text would appear after any number of other bytes, without the ends.

    The first and the last character of what is returned depend on the text alone.
    """
    found = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text)
        whole = (before + len(text)) // 3 * 4
        found.append(encoded[(before * 4 + 2) // 3 : whole])
    return found


def _holds(content: bytes, needles: list[bytes]) -> bool:
    return any(needle in content for needle in needles)


def _read_places(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """Give everything by its place: files of etcd, what the API server shows, logs, the disk."""
    for path in _list_files(cluster.folder / "etcd"):
        yield "etcd", path.read_bytes()
    shown = cluster.kubectl("get", _EVERYTHING, "-A", "-o=yaml", "--show-managed-fields")
    yield "API server", shown.stdout.encode()
    for name, log in cluster.pod_logs().items():
        yield f"log of {name}", log.read_bytes()
    for path in _list_files(cluster.folder / "logs"):
        yield f"log of {path.stem}", path.read_bytes()
    for layer in _find_writable_layers(cluster):
        for path in _list_files(layer):
            yield "writable layer", path.read_bytes()
    # Volumes in memory are mounted below it: these are the pods' own, and no file of the disk.
    for path in _list_files(cluster.folder / "kubelet"):
        yield "kubelet's folder", path.read_bytes()


def _find_writable_layers(cluster: Cluster) -> set[Path]:
    """Find the folders that the containers' root filesystems write to."""
    mounts = Path("/proc/self/mountinfo").read_text()
    below = re.escape(str(cluster.folder))
    return {Path(found) for found in re.findall(rf"upperdir=({below}/[^,\s]+)", mounts)}


def _list_files(folder: Path) -> Iterator[Path]:
    """List the files of one filesystem; a container may remove some meanwhile."""
    device = folder.stat().st_dev
    for path in folder.rglob("*"):
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_dev == device:
                yield path
        except FileNotFoundError:
            continue
