"""What the image and .venv are made of has its hash in uv.lock."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
LOCK = tomllib.loads((REPOSITORY / "uv.lock").read_text())


def locked(name: str) -> dict[str, Any]:
    (package,) = (each for each in LOCK["package"] if each["name"] == name)
    return package


def test_uv_itself_is_installed_by_the_hashes_that_are_locked() -> None:
    """Renew it by `uv export --only-group uv --no-header -o requirements-uv.txt`."""
    text = (REPOSITORY / "requirements-uv.txt").read_text()
    uv = locked("uv")
    files = [*uv["wheels"], uv["sdist"]]
    assert text.splitlines()[0] == f"uv=={uv['version']} \\"
    assert set(re.findall(r"--hash=(\S+)", text)) == {file["hash"] for file in files}


def test_every_package_that_is_fetched_has_its_hash() -> None:
    fetched = [each for each in LOCK["package"] if "registry" in each["source"]]
    assert len(fetched) > 50
    for package in fetched:
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        assert files, package["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_the_build_backend_is_the_locked_one() -> None:
    (backend,) = PROJECT["build-system"]["requires"]
    assert backend in PROJECT["dependency-groups"]["build"]
    assert backend == f"hatchling=={locked('hatchling')['version']}"


def test_the_image_is_built_of_nothing_else() -> None:
    joined = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    commands = re.split(r"&&|\n", joined)
    installs = [each for each in commands if re.search(r"\b(pip install|uv sync)\b", each)]
    assert len(installs) == 4
    for command in installs:
        assert re.search(r"--require-hashes|--locked|--no-index", command), command
    assert "uv sync" in joined
    assert "apt-get" not in joined
