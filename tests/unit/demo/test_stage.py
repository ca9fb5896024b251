"""What is kept of a stage is enough to take it down again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from demo.stage import IstioParts, Stage

_STAGE = Stage(Path("kubectl"), Path("config"), Path("bao"), "https://vault", Path("ca"), "token")


def test_comes_back_from_its_record() -> None:
    assert Stage.from_record(_STAGE.to_record()) == _STAGE


def test_offers_helm_where_there_is_istio() -> None:
    istio = IstioParts(helm=Path("helm"), charts=Path("charts"))
    assert Path("helm") in replace(_STAGE, istio=istio).tools
    assert _STAGE.tools == (Path("kubectl"), Path("bao"))
