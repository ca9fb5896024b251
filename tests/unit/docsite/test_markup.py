"""What the site makes of Markdown is what Git hosts make of it, and fits."""

from __future__ import annotations

import re

from markdown import markdown

EXTENSIONS = ["docsite.markup", "tables", "pymdownx.superfences"]


def render(text: str) -> str:
    return markdown(text, extensions=EXTENSIONS)


def test_what_is_indented_by_two_or_three_belongs_to_the_entry() -> None:
    made = render("1. One:\n\n   ```sh\n   make\n   ```\n\n2. Two\n   - a\n     - b\n")
    assert made.count("<ol>") == 1
    assert made.index("<code>make") < made.index("Two")
    assert re.search(r"Two.*<ul>\s*<li>a.*<ul>\s*<li>b", made, re.DOTALL)


def test_names_in_tables_may_break_where_their_parts_meet() -> None:
    made = render("| field |\n|---|\n| `config.agentCa[].path` |\n\n`config.agentCa`\n")
    assert "<td><code>config.<wbr />agentCa[].<wbr />path</code></td>" in made
    assert "<p><code>config.agentCa</code></p>" in made


def test_the_longest_may_break_within_a_part() -> None:
    made = render("| field |\n|---|\n| `config.passiveCertificateAuthorities` |\n| a/b `c/d` e |\n")
    assert "config.<wbr />passive<wbr />Certificate<wbr />Authorities" in made
    assert "<td>a/<wbr />b <code>c/<wbr />d</code> e</td>" in made
