"""Paths and names in Vault that people write in a RootTrustPolicy.

A name becomes part of a URL and of a Vault policy, so it is checked here by what is allowed, after
`${cluster}` was replaced. Every function raises InvalidSpecError, reason InvalidPath.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.names import is_dns_label
from roottrust.domain.reasons import Reason

CLUSTER_VARIABLE = "${cluster}"
MOUNT_MAX_LENGTH = 200
NAME_MAX_LENGTH = 128

_SIGN = "sign-intermediate"
_DEFAULT = "default"
_GENERATE = "/intermediate/generate/exported"
_AUTH = "/v1/auth/"
# Vault's own mounts; none can be a PKI.
_RESERVED_MOUNTS = frozenset({"audit", "auth", "cubbyhole", "identity", "sys"})
_RESERVED_AUTH_MOUNTS = frozenset({"token"})

# Vault's names of roles and issuers start and end so (GenericNameRegex of its framework).
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_SHOWN_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class CaPath:
    """Where a root signs: its mount, and the issuer if the path names one."""

    mount: str
    issuer: str | None


def parse_ca_path(path: str) -> CaPath:
    """Read `<mount>/root/sign-intermediate` or `<mount>/issuer/<issuer>/sign-intermediate`."""
    match path.split("/"):
        case [*_, "issuer", "root", last] if last == _SIGN:
            # Mount `…/issuer` without an issuer, or issuer `root`: grants must not depend on it.
            raise _fault("caPath", path, "it can be read in two ways: name the issuer by its id")
        case [*mount, "root", last] if last == _SIGN:
            return CaPath(mount=_check_mount("caPath", path, "/".join(mount)), issuer=None)
        case [*mount, "issuer", issuer, last] if last == _SIGN:
            _check_name("caPath", path, issuer)
            mount_path = _check_mount("caPath", path, "/".join(mount))
            # Vault's own word for whichever issuer is the default one.
            return CaPath(mount=mount_path, issuer=None if issuer == _DEFAULT else issuer)
    raise _fault("caPath", path, f"write <mount>/root/{_SIGN} or <mount>/issuer/<issuer>/{_SIGN}")


def parse_csr_path(path: str) -> str:
    """Return the mount of `<mount>/intermediate/generate/exported`."""
    if not path.endswith(_GENERATE):
        raise _fault("csrPath", path, f"write <mount>{_GENERATE}, or leave it out")
    return _check_mount("csrPath", path, path.removesuffix(_GENERATE))


def parse_auth_path(path: str) -> str:
    """Return the mount of `/v1/auth/<mount>`."""
    if not path.startswith(_AUTH):
        raise _fault("mountPath", path, f"write {_AUTH}<mount>")
    mount = path.removeprefix(_AUTH)
    return _check_mount("mountPath", path, mount, reserved=_RESERVED_AUTH_MOUNTS)


def check_role_name(name: str) -> None:
    """Refuse what cannot be the name of a role and of its Vault policy."""
    _check_name("role", name, name)
    if name != name.lower():
        # Upper case would be another name to us and the same one to Vault.
        raise _fault("role", name, "Vault keeps names of policies in lower case: write it so")


def has_cluster_variable(text: str) -> bool:
    """Tell whether a path or name differs from cluster to cluster."""
    return CLUSTER_VARIABLE in text


def expand_cluster(template: str, *, cluster: str) -> str:
    """Put a cluster's name in place of `${cluster}`; the result is not checked yet.

    Raises ValueError unless the cluster's name is a DNS label.
    """
    if not is_dns_label(cluster):
        raise ValueError(f"{cluster!r} is not a DNS label")
    return template.replace(CLUSTER_VARIABLE, cluster)


def _check_mount(
    field: str, path: str, mount: str, *, reserved: frozenset[str] = _RESERVED_MOUNTS
) -> str:
    segments = mount.split("/")
    if "" in segments:
        raise _fault(field, path, "it has no mount, an empty segment or a slash too many")
    if len(mount) > MOUNT_MAX_LENGTH:
        raise _fault(field, path, f"its mount is longer than {MOUNT_MAX_LENGTH} characters")
    for segment in segments:
        _check_segment(field, path, segment)
    if segments[0].lower() in reserved:
        raise _fault(field, path, f"{segments[0]!r} belongs to Vault itself: name another mount")
    return mount


def _check_segment(field: str, path: str, segment: str) -> None:
    if not _SEGMENT.fullmatch(segment):
        raise _fault(field, path, "use ASCII letters, digits and the characters - _ . alone")
    if segment == "." or ".." in segment:
        raise _fault(field, path, "leave out '.' and '..'")


def _check_name(field: str, path: str, name: str) -> None:
    _check_segment(field, path, name)
    if not _NAME.fullmatch(name):
        raise _fault(field, path, "a name starts and ends with a letter, a digit or '_'")
    if len(name) > NAME_MAX_LENGTH:
        raise _fault(field, path, f"a name has at most {NAME_MAX_LENGTH} characters")


def _fault(field: str, path: str, fix: str) -> InvalidSpecError:
    shown = path if len(path) <= _SHOWN_LENGTH else path[:_SHOWN_LENGTH] + "…"
    return InvalidSpecError(f"{field} {shown!r}: {fix}.", reason=Reason.INVALID_PATH)
