"""Kinds of text: names, labels and times as Kubernetes and X.509 have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from roottrust.api.rule import Rule, full_match, no_match, quote

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = f"{_LABEL}([.]{_LABEL})*"

_NO_UNDERSCORE = no_match(
    "_",
    "must not contain an underscore: the name becomes part of a SAN, and SANs are DNS names; "
    "use a hyphen instead",
)

DnsLabel = Annotated[
    str,
    Field(min_length=1, max_length=63),
    _NO_UNDERSCORE,
    full_match(
        _LABEL,
        "must be a DNS label: at most 63 lower-case letters, digits and hyphens, beginning and "
        "ending with a letter or digit",
        without="_",
    ),
]

ObjectName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    full_match(
        _SUBDOMAIN,
        "must be the name of an object: lower-case letters, digits, hyphens and dots, beginning "
        "and ending with a letter or digit",
    ),
]

MeshName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    _NO_UNDERSCORE,
    full_match(
        _SUBDOMAIN,
        "must be the name of a Mesh: DEPLOYMENT-NAMESPACE-CLUSTER in lower-case letters, digits "
        "and hyphens",
        without="_",
    ),
]

SecretKey = Annotated[
    str,
    Field(min_length=1, max_length=253),
    full_match("[-._a-zA-Z0-9]+", "must be a key of a Secret: letters, digits and - _ ."),
]

SubjectText = Annotated[
    str,
    Field(min_length=1, max_length=64),
    # Vault splits at commas and takes asterisks in a policy for wildcards.
    no_match(
        r'[\x00-\x1f\x7f"\\*+=<>;,#${}]',
        "becomes part of a certificate's subject: leave out quotes, line breaks and the "
        'characters \\ * + = < > ; , # $ { }; write "Example Inc", for example',
    ),
]

DomainName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    full_match(
        "[a-z0-9]([-._a-z0-9]*[a-z0-9])?",
        "must be a domain: lower-case letters, digits, dots and hyphens, such as cluster.local",
    ),
]

Fingerprint = Annotated[
    str,
    Field(min_length=64, max_length=64),
    full_match("[0-9a-f]{64}", "must be a SHA-256 digest in 64 lower-case hexadecimal digits"),
]

_LABEL_VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?)?"

_LABEL_KEY = "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

LABELS_MAX = 16
LabelText = Annotated[
    str,
    Field(max_length=253),
    full_match(
        _LABEL_VALUE,
        "must be a label's value: letters, digits and - _ . , beginning and ending with a letter "
        "or digit",
    ),
]

LabelMap = Annotated[
    dict[str, LabelText],
    Field(max_length=LABELS_MAX),
    Rule(
        cel=f"self.all(key, key.matches({quote(f'^{_LABEL_KEY}$')}))",
        holds=lambda labels: all(re.fullmatch(_LABEL_KEY, key) for key in labels),
        message="must have keys of labels: letters, digits and - _ . , beginning and ending with a "
        "letter or digit, after a domain and a slash if they have one",
    ),
]


def _to_whole_utc_seconds(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:  # of the last or first day that there is, in another zone
        raise ValueError("must be a moment of the years 1 to 9999 in UTC") from None


def render_time(moment: datetime) -> str:
    """Return a time in UTC as objects have it (RFC 3339), as precise as it is."""
    # Not %Y, which leaves out the zeros of a year that anybody may have written into a status.
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(_to_whole_utc_seconds),
    PlainSerializer(render_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 32}),
]


def _cut(limit: int) -> BeforeValidator:
    def cut(text: Any) -> Any:
        if isinstance(text, str) and len(text) > limit:
            return text[: limit - 1] + "…"
        return text

    return BeforeValidator(cut)


# What a program reports is cut rather than refused: a long message must not lose the whole status.
StatusText = Annotated[str, Field(max_length=1024), _cut(1024)]
StatusName = Annotated[str, Field(max_length=253), _cut(253)]
StatusPath = Annotated[str, Field(max_length=512), _cut(512)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
ObservedGeneration = Annotated[
    int, Field(ge=0, le=2**53 - 1, json_schema_extra={"format": "int64"})
]
