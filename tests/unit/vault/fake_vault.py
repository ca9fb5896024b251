"""Vault's API in memory, as far as we use it: what is written is read back as Vault tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.domain.reasons import Reason
from tests.unit.domain.samples import ISSUER_ID, ROOT

_ROLE = re.compile(r"auth/(?P<mount>[^/]+)/role/(?P<name>[^/]+)")


class FakeVault:
    """What `VaultClient` is to those who read and write; `failures` are raised for their paths."""

    def __init__(self) -> None:
        self.mounts: dict[str, dict[str, Any]] = {"sys/": {"type": "system", "config": {}}}
        self.auth: dict[str, dict[str, Any]] = {"token/": {"type": "token", "config": {}}}
        self.values: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, RootTrustError] = {}
        self.reads: list[str] = []
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.deletions: list[str] = []
        self.patches: list[tuple[str, dict[str, Any]]] = []

    async def read(self, path: str) -> dict[str, Any] | None:
        self._take(path)
        match path:
            case "sys/mounts":
                return dict(self.mounts)
            case "sys/auth":
                return dict(self.auth)
        if path.startswith("sys/mounts/") and path.endswith("/tune"):
            return {"max_lease_ttl": 2_764_800}
        return self.values.get(path)

    async def list(self, path: str) -> tuple[str, ...]:
        self._take(path)
        return tuple(
            sorted(
                key.removeprefix(f"{path}/") for key in self.values if key.startswith(f"{path}/")
            )
        )

    async def write(self, path: str, data: Mapping[str, Any]) -> None:
        self.writes.append((path, dict(data)))
        if path in self.failures:
            raise self.failures[path]
        if path.endswith("/tune"):
            self._tune(path.removeprefix("sys/mounts/").removesuffix("/tune"), data)
        elif path.startswith("sys/mounts/"):
            self._mount(self.mounts, path.removeprefix("sys/mounts/"), data)
        elif path.startswith("sys/auth/"):
            self._mount(self.auth, path.removeprefix("sys/auth/"), data)
        elif path.endswith("/root/generate/internal"):
            self.put_issuer(path.split("/")[0], name=data["issuer_name"])
        elif path.endswith("/issuers/import/bundle"):
            self.put_issuer(path.split("/")[0])
        elif path.endswith("/config"):
            has_reviewer = bool(data.get("token_reviewer_jwt"))
            self.values[path] = {**data, "token_reviewer_jwt_set": has_reviewer}
            self.values[path].pop("token_reviewer_jwt", None)
        elif _ROLE.fullmatch(path):
            self.values[path] = {**self.values.get(path, {}), **data}
        else:
            self.values[path] = dict(data)

    async def delete(self, path: str) -> None:
        self.deletions.append(path)

    async def patch(self, path: str, data: Mapping[str, Any]) -> None:
        self.patches.append((path, dict(data)))
        self.values[path] |= data

    def put_issuer(
        self, mount: str, *, name: str = "", issuer_id: str = ISSUER_ID, **fields: Any
    ) -> None:
        self.values[f"{mount}/issuer/{issuer_id}"] = {
            "issuer_id": issuer_id,
            "issuer_name": name,
            "key_id": "key-1",
            "certificate": ROOT.pem,
            **fields,
        }
        self.values[f"{mount}/issuers/{issuer_id}"] = {}
        self.values.setdefault(f"{mount}/config/issuers", {"default": issuer_id})

    def put_mount(self, path: str, *, seconds: int = 0, description: str = "") -> None:
        config = {"max_lease_ttl": seconds}
        self.mounts[f"{path}/"] = {"type": "pki", "description": description, "config": config}

    def _take(self, path: str) -> None:
        self.reads.append(path)
        if path in self.failures:
            raise self.failures[path]

    def _mount(self, table: dict[str, dict[str, Any]], path: str, data: Mapping[str, Any]) -> None:
        if f"{path}/" in table:
            raise ConflictError(f"path is already in use at {path}/.", reason=Reason.CONFLICT)
        seconds = str(data.get("config", {}).get("max_lease_ttl", "0s"))
        config = {"max_lease_ttl": int(seconds.removesuffix("s"))}
        table[f"{path}/"] = {**data, "config": config}

    def _tune(self, path: str, data: Mapping[str, Any]) -> None:
        table = self.auth if path.startswith("auth/") else self.mounts
        mount = table[f"{path.removeprefix('auth/')}/"]
        mount["description"] = data["description"]
        if "max_lease_ttl" in data:
            mount["config"] = {"max_lease_ttl": int(data["max_lease_ttl"].removesuffix("s"))}
