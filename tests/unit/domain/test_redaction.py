from __future__ import annotations

import pytest

from roottrust.domain.redaction import REDACTED, build_one_line, build_sentence, redact_secrets

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIabc\n-----END EC PRIVATE KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    "secret",
    [
        "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0",
        "hvb.AAAAAQJlU02LQZq3x9fXxYjvFcUD",
        "s.iyNUhq8Ov4hIAx6snw5mB2nL",
        "b.AAAAAQJlU02LQZq3x9fXxYjv",
        JWT,
        KEY,
        KEY.replace("\n", "\\n"),
        KEY[:40],
    ],
)
def test_secrets_are_replaced(secret: str) -> None:
    text = redact_secrets(f'before "{secret}" after')
    assert secret not in text
    assert REDACTED in text
    assert text.startswith("before")


def test_bearer_is_replaced() -> None:
    assert redact_secrets("Authorization: Bearer abcdefgh12345") == (
        f"Authorization: Bearer {REDACTED}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "path is already in use at pki/",
        "roottrustpolicies.admin.gloo.solo.io/gloo-mesh/root-trust-policy-of-everything",
        "issuers.example.company-name-of-some-length.com",
        CERTIFICATE,
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact_secrets(text) == text


def test_one_line_has_nothing_that_a_terminal_obeys() -> None:
    assert build_one_line("a \x1b[2J\x9bb\u202ec") == "a \ufffd[2J\ufffdb\ufffdc"


def test_one_line_is_one_short_line_without_pem() -> None:
    line = build_one_line(f"a\n\tb {CERTIFICATE} c\n" + "x" * 1000)
    assert line.startswith(f"a b {REDACTED} c xxx")
    assert len(line) == 300
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("no such\npath", "no such path."), ("It is so.", "It is so."), ("x" * 400, "x" * 299 + "….")],
)
def test_what_others_say_ends_a_sentence_of_ours(text: str, sentence: str) -> None:
    assert build_sentence(text) == sentence


def test_a_key_that_goes_on_beyond_what_is_looked_at_is_not_shown() -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{'A' * 9000}\n-----END PRIVATE KEY-----"
    assert build_one_line(f"{' ' * 4000}it said {key} and more") == f"it said {REDACTED}"
