"""What a person can do about a root that cannot serve, by where it comes from: all in one place."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import RootSource
from roottrust.domain.target import RootTarget


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Ends of sentences: how to have another root, a root in time, and a root's key."""

    replace: str
    renew: str
    key: str


_RENEW = "before that, have the meshes move to a root in another mount, named in caPath"


def build_remedy(root: RootTarget) -> Remedy:
    """Return what to do about the root that Vault has for a policy."""
    if root.is_next:
        return _build_next_remedy(root)
    match root.source:
        case RootSource.EXISTING:
            return Remedy(
                replace="name a mount or an issuer with a self-signed root in caPath",
                renew=_RENEW,
                key="import its key into the mount too, or name an issuer that has one in caPath",
            )
        case RootSource.GENERATE:
            return Remedy(
                replace="name another mount in caPath, and a root is made there",
                renew=_RENEW,
                key="restore the mount from a backup, or name another mount in caPath",
            )
        case RootSource.IMPORT:
            return Remedy(
                replace=f"name another mount in caPath and put another root into Secret "
                f"{root.secret}",
                renew=_RENEW,
                key=f"put the root and its key into Secret {root.secret} again",
            )


def _build_next_remedy(root: RootTarget) -> Remedy:
    """Return what to do about a root that is to follow: the next generation gets another one."""
    raised = "raise rotation.rootGeneration once more"
    match root.source:
        case RootSource.EXISTING:
            other = f"{raised}, and put another root into {root.mount}/ for it"
            return Remedy(replace=other, renew=other, key="import its key into the mount too")
        case RootSource.GENERATE:
            other = f"{raised}, and another root is made"
            return Remedy(replace=other, renew=other, key=other)
        case RootSource.IMPORT:
            other = f"put another root into Secret {root.secret} and {raised}"
            key = f"put the root and its key into Secret {root.secret} again"
            return Remedy(replace=other, renew=other, key=key)


def build_secret_remedy(secret: str) -> Remedy:
    """Return what to do about a root that is still to be imported from a Secret."""
    replace = f"put another root into Secret {secret}"
    return Remedy(replace=replace, renew=replace, key=replace)
