"""A block of shell as the commands in it, without running any."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_OPERATORS = frozenset({"|", "||", "&&", ";", "&", ";;", "(", ")", "|&"})
_REDIRECTIONS = frozenset({">", ">>", "<", "2>", "&>"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
# What a command is given as a text is none of its words.
_HERE_DOCUMENT = re.compile(r"(<<(\w+)[^\n]*\n).*?^\2$\n?", re.MULTILINE | re.DOTALL)
_KEYWORDS = frozenset({"{", "}", "if", "then", "else", "do", "while", "until", "!", "time"})


def list_commands(text: str) -> Iterator[tuple[str, ...]]:
    """Return the words of each command; raises ValueError where quotes do not end."""
    for line in _join_lines(_HERE_DOCUMENT.sub(r"\1", text)):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        yield from _split(list(lexer))


def _join_lines(text: str) -> Iterator[str]:
    """Return lines as a shell reads them: one that cannot end goes on in the next."""
    pending = ""
    for line in text.splitlines():
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
        elif not pending.rstrip().endswith(("|", "&&")) and _is_closed(pending):
            yield pending
            pending = ""
        else:
            pending += "\n"
    if pending.strip():
        yield pending


def _is_closed(line: str) -> bool:
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return False
    return True


def _split(tokens: list[str]) -> Iterator[tuple[str, ...]]:
    words: list[str] = []
    left = iter(tokens)
    for token in left:
        if token == ")" and len(words) <= 1:
            words = []  # a pattern of `case`
        elif token in _OPERATORS:
            yield from _trim(words)
            words = []
        elif token in _REDIRECTIONS:
            next(left, None)
        else:
            words.append(token)
    yield from _trim(words)


def _trim(words: list[str]) -> Iterator[tuple[str, ...]]:
    while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] in _KEYWORDS):
        words = words[1:]
    if words:
        yield tuple(words)
