"""What GitOps tools make of our objects, by their own languages and the rules that we ship."""

from __future__ import annotations

from typing import Any

import cel
import pytest
import yaml
from lupa.lua51 import LuaRuntime

from tests.session import REPOSITORY
from tests.unit.gitops.kstatus import read_kstatus
from tests.unit.gitops.states import State, list_states

GITOPS = REPOSITORY / "deploy/gitops"
HEALTH = "resource.customizations.health."
OPEN = "resource.customizations.useOpenLibs."
# What Lua has in Argo CD where it is not given all of its libraries.
LIBRARIES = {"table", "package", "_G"}
ALL_LIBRARIES = ("string", "io", "os", "debug", "math", "coroutine", "python")
STATES = list_states()

Table = dict[str, Any]

every_state = pytest.mark.parametrize("state", STATES, ids=str)


@pytest.fixture(scope="module")
def config_map() -> dict[str, str]:
    """The part of argocd-cm."""
    data: dict[str, str] = yaml.safe_load((GITOPS / "argocd/health.yaml").read_text())["data"]
    return data


@pytest.fixture(scope="module")
def expressions() -> dict[str, dict[str, str]]:
    """Flux's rules, by kind."""
    documents = yaml.safe_load_all((GITOPS / "flux/sync.yaml").read_text())
    (found,) = (
        each["spec"]["healthCheckExprs"] for each in documents if "healthCheckExprs" in each["spec"]
    )
    return {f"{each['apiVersion'].partition('/')[0]}_{each['kind']}": each for each in found}


def run_lua(script: str, manifest: Table, *, opens_libraries: bool) -> Table:
    """Run a rule as Argo CD does."""
    lua = LuaRuntime(register_eval=False, register_builtins=False)
    if not opens_libraries:
        lua.execute("getmetatable('').__index = nil")
        lua.execute("".join(f"{name} = nil " for name in ALL_LIBRARIES))
    lua.globals()["obj"] = lua.table_from(manifest, recursive=True)
    return dict(lua.execute(script))


def ask_flux(rules: dict[str, str], manifest: Table) -> str:
    """Return what Flux's rules say, in the order in which it asks them."""
    status = manifest.get("status", {})
    metadata = manifest["metadata"]
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    try:
        for word in ("inProgress", "failed", "current"):
            if word in rules and cel.evaluate(rules[word], manifest):
                return word[0].upper() + word[1:]
    except RuntimeError:
        return "Error"
    return "InProgress"


@every_state
def test_argo_cd(state: State, config_map: dict[str, str]) -> None:
    opens = config_map.get(OPEN + state.kind) == "true"
    told = run_lua(config_map[HEALTH + state.kind], state.manifest, opens_libraries=opens)
    assert told["status"] == state.argo
    assert told["message"]


@every_state
def test_flux(state: State, expressions: dict[str, dict[str, str]]) -> None:
    assert ask_flux(expressions[state.kind], state.manifest) == state.flux


@every_state
def test_a_tool_that_knows_no_kind(state: State) -> None:
    assert read_kstatus(state.manifest) == state.kstatus


def test_every_health_is_met() -> None:
    assert {each.argo for each in STATES} == {"Healthy", "Progressing", "Degraded", "Suspended"}
    assert {each.flux for each in STATES} == {"Current", "InProgress", "Failed", "Error"}
    assert {each.kstatus for each in STATES} == {"Current", "InProgress", "Failed", "Terminating"}


def test_both_have_rules_for_each_of_our_kinds(
    config_map: dict[str, str], expressions: dict[str, dict[str, str]]
) -> None:
    kinds = {each.kind for each in STATES}
    assert {key.removeprefix(HEALTH) for key in config_map if key.startswith(HEALTH)} == kinds
    assert set(expressions) == kinds
    crds = [yaml.safe_load(each.read_text()) for each in (REPOSITORY / "crds").glob("*.yaml")]
    assert {f"{each['spec']['group']}_{each['spec']['names']['kind']}" for each in crds} == kinds
