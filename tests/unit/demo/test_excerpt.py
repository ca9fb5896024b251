"""The demo leaves out of long output what nobody reads while it passes."""

from __future__ import annotations

from demo.excerpt import read_messages, shorten_certificates, skip_to_status

_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\nAQ==\n-----END CERTIFICATE-----\n"


def test_leaves_out_the_base64_of_each_certificate() -> None:
    described = f"Chain:  {_CERTIFICATE}{_CERTIFICATE}\nPod:  istiod-1\n"
    short = shorten_certificates(described)
    assert short.count("-----BEGIN CERTIFICATE----- …") == 2
    assert "MIIB" not in short
    assert short.endswith("Pod:  istiod-1\n")


def test_skips_to_the_status() -> None:
    described = "Name:  cluster1\nSpec:\n  Rotation:\nStatus:\n  State:  ACCEPTED\n"
    assert skip_to_status(described) == "Name:  cluster1\n…\nStatus:\n  State:  ACCEPTED\n"


def test_shows_all_of_what_has_no_status() -> None:
    assert skip_to_status("Name:  cluster1\nSpec:\n") == "Name:  cluster1\nSpec:\n"


def test_reads_messages_of_a_log() -> None:
    log = '{"message": "Issued: it is there", "level": "INFO"}\nTraceback\n["x"]\n'
    assert read_messages(log) == 'Issued: it is there\nTraceback\n["x"]'
