"""Every block of the docs that people copy is run by a test, or checked here, or exempt."""

from __future__ import annotations

import re

import click
import pytest

from tests.doc_blocks import CONSOLE, REPOSITORY, SHELL, Block, list_blocks, list_pages, read_blocks
from tests.unit.docs.claims import find_runs
from tests.unit.docs.commands import check_commands
from tests.unit.docs.documents import check_hcl, check_json, check_yaml
from tests.unit.docs.exempt import EXEMPT
from tests.unit.docs.roottrust_command import check_roottrust
from tests.unit.docs.shell import list_commands

_ADVICE = (
    "Correct the block; or have a test on real parts run it (find_block of tests/doc_blocks.py); "
    "or teach tests/unit/docs/ to check it; or put it into tests/unit/docs/exempt.py with a reason."
)
_SPAN = re.compile(r"(?<=`)roottrust [a-z][^`\n]*(?=`)")


def check(block: Block) -> None:
    """Raise what is wrong with a block."""
    if block.language in (*SHELL, CONSOLE):
        check_commands(block.commands)
    else:
        {"yaml": check_yaml, "json": check_json, "hcl": check_hcl}[block.language](block.text)


def judge(block: Block) -> str | None:
    """Return what is wrong with a block that nobody runs and that is not exempt."""
    if (block.page, block.first) in EXEMPT:
        return None
    try:
        check(block)
    except click.UsageError as error:
        trouble = error.format_message()
    except (ValueError, AssertionError, IndexError, KeyError, TypeError) as error:
        trouble = str(error)
    else:
        return None
    return None if block in find_runs() else f"{block}: {trouble}\n{_ADVICE}"


@pytest.mark.parametrize("block", list_blocks(), ids=str)
def test_a_block_is_run_or_right_or_exempt(block: Block) -> None:
    trouble = judge(block)
    assert trouble is None, trouble


def test_exemptions_are_of_blocks_that_are_there_and_say_why() -> None:
    blocks = {(block.page, block.first) for block in list_blocks()}
    assert set(EXEMPT) <= blocks
    assert all(len(reason) > 20 for reason in EXEMPT.values())


def test_blocks_are_found_and_run() -> None:
    assert len(list_blocks()) > 80
    assert len(find_runs()) > 10


@pytest.mark.parametrize("page", list_pages())
def test_what_a_page_calls_in_passing_is_a_command(page: str) -> None:
    """Spans of a line such as `roottrust status NAME`; those with brackets or dots are patterns."""
    for line in set(_SPAN.findall((REPOSITORY / page).read_text())):
        if not re.search(r"[\[…|]", line):
            for words in list_commands(line):
                check_roottrust(words[1:], is_mention=True)


WRONG = [
    ("sh", "roottrust rotate root --folow"),
    ("sh", "roottrust statsu"),
    ("sh", "roottrust cluster join"),
    ("sh", "roottrust status -o xml"),
    ("sh", "roottrust status a b"),
    ("sh", "cat x | roottrust verfy"),
    ("sh", "kubectl get roottrustpolices"),
    ("sh", "kubectl gett pods"),
    ("sh", "kubectl get pods --al-namespaces"),
    ("sh", "kubectl apply -f deploy/sample/guide-policy.yaml"),
    ("sh", "kubectl apply -k deploy/monitor"),
    ("sh", "kubectl wait --for=condition=Redy rtp/x"),
    ("sh", "kubectl annotate rtp x admin.gloo.solo.io/adpot=true"),
    ("sh", "kubectl logs deployment/roottrust-hubb"),
    ("sh", "kubectl roottrust stats"),
    ("sh", "helm install roottrust charts/roottrst"),
    ("sh", "helm install roottrust charts/roottrust --set config.clustr.name=x"),
    ("sh", "helm install roottrust charts/roottrust --set 'roles={hub}' --set image.repo=x"),
    ("sh", "vault secret enable pki"),
    ("sh", "vault secrets enabel pki"),
    ("sh", "vault policy write x - -forse"),
    ("sh", "make demmo"),
    ("sh", "pytest tests/integratoin"),
    ("sh", "rottrust status"),
    ("console", "$ roottrust statuss\nno policy\n"),
    ("yaml", "spec: {rotation: {rootGeneratoin: 2}}"),
    ("yaml", "apiVersion: internal.gloo.solo.io/v2\nkind: PodBounceDirective\nspec: {pods: []}"),
    ("yaml", "apiVersion: v1\nkind: Service\nspec: {}"),
    ("yaml", "vaultServers: [{adress: https://vault.example:8200}]"),
    ("yaml", "config: {cluster: {nam: x}}"),
    ("yaml", "image: {repo: x}\nconfig: {cluster: {name: x}}"),
    ("yaml", "resources: […/deploy/bas]"),
    ("yaml", "nobody: knows"),
    ("json", '{"a": }'),
    ("json", '{"level": "INFO", "message": "x", "polcy": "y"}'),
    ("hcl", 'path "x" {'),
]


@pytest.mark.parametrize(("language", "text"), WRONG)
def test_what_is_wrong_would_be_seen(language: str, text: str) -> None:
    trouble = judge(Block(page="docs/x.md", line=7, language=language, text=text))
    assert trouble is not None
    assert trouble.startswith("docs/x.md:7: ")
    assert "find_block" in trouble


def test_commands_are_found_wherever_they_are_in_a_script() -> None:
    script = """
set +e  # not the end
A=1 roottrust plan -f x -o json >plan.json
case $? in
  0) echo "a; b" ;;
  *) jq '.x[] |
     .y' plan.json; exit 1 ;;
esac
vault read a \\
  b | vault policy write c -
"""
    assert list(list_commands(script)) == [
        ("set", "+e"),
        ("roottrust", "plan", "-f", "x", "-o", "json"),
        ("case", "$?", "in"),
        ("echo", "a; b"),
        ("jq", ".x[] |\n     .y", "plan.json"),
        ("exit", "1"),
        ("esac",),
        ("vault", "read", "a", "b"),
        ("vault", "policy", "write", "c", "-"),
    ]


def test_blocks_of_a_page_are_read_with_their_lines() -> None:
    page = "a\n  ```sh\n  x\n  ```\n```\n$ y\nz\n```\n```\noutput\n```\n"
    first, second = read_blocks(page, page="p.md")
    assert (first.line, first.language, first.commands) == (2, "sh", "x\n")
    assert (second.line, second.language, second.commands) == (5, "console", "y\n")
