from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.access import load_access
from tests.unit.domain.kubeconfigs import CA_PEM, encode


def write(path: Path, **cluster: Any) -> Path:
    content = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://api:6443", **cluster}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


async def test_kubeconfig_gives_server_ca_and_token(tmp_path: Path) -> None:
    data = {"certificate-authority-data": encode(CA_PEM)}
    access = await load_access(kubeconfig=write(tmp_path / "config", **data))
    assert (access.server, access.ca_pem) == ("https://api:6443", CA_PEM)
    assert await access.build_headers() == {"authorization": "Bearer secret-token"}
    assert "secret-token" not in repr(access)


async def test_kubeconfig_is_found_by_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path / "config")))
    assert (await load_access()).server == "https://api:6443"


async def test_insecure_tls_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "config", **{"insecure-skip-tls-verify": True})
    with pytest.raises(DependencyMissingError, match="certificate-authority"):
        await load_access(kubeconfig=path)


@pytest.mark.parametrize("content", ["", "a: [", "secret-token", "{}"])
async def test_broken_kubeconfig_does_not_leak(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(DependencyMissingError) as caught:
        await load_access(kubeconfig=path)
    assert "secret-token" not in caught.value.message
    assert caught.value.__suppress_context__


async def test_outside_a_pod_without_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(DependencyMissingError, match="set KUBECONFIG"):
        await load_access()


async def test_a_context_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path / "config")
    with pytest.raises(DependencyMissingError, match="has no context other: it has one"):
        await load_access(kubeconfig=path, context="other")


async def test_a_kubeconfig_that_is_not_there_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(DependencyMissingError, match="none does not exist"):
        await load_access()


@pytest.mark.parametrize("content", [b"no certificate", b"\xff"])
async def test_a_ca_that_is_none_is_told_before_anything_is_asked(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "ca.crt"
    path.write_bytes(content)
    config = write(tmp_path / "config", **{"certificate-authority": str(path)})
    with pytest.raises(DependencyMissingError, match="cannot be used"):
        await load_access(kubeconfig=config)
