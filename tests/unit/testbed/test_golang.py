"""How Go is recognised and Kubernetes' modules are required."""

import json
from pathlib import Path

import pytest

from testbed import golang


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.27rc1 linux/arm64", (1, 27)),
        ("go version devel go1.28-abc linux/amd64", (1, 28)),
        ("gccgo 12", (0, 0)),
    ],
)
def test_versions_are_recognised(output: str, version: tuple[int, int]) -> None:
    assert golang.parse_version(output) == version


def test_staging_modules_are_required_as_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {
        "Go": "1.26.0",
        "Replace": [
            {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
            {"Old": {"Path": "example.org/a"}, "New": {"Path": "example.org/b", "Version": "v1"}},
        ],
    }

    def answer(_go: Path, _directory: Path, *words: str) -> str:
        return json.dumps({"GoMod": "/go.mod"} if words[1] == "download" else module)

    monkeypatch.setattr(golang, "_go", answer)
    text = golang._kubernetes_module(Path("go"), tmp_path, "1.36.3")
    assert "require k8s.io/kubernetes v1.36.3\n" in text
    assert "replace k8s.io/api => k8s.io/api v0.36.3\n" in text
    assert "example.org" not in text


def test_binaries_are_told_their_version() -> None:
    flags = golang._version_flags("1.36.3")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "version.gitMajor=1 " in flags
    assert flags.endswith("version.gitMinor=36")
