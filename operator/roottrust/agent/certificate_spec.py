"""Reading the specification of an IssuedCertificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason


def read_spec(certificate: Mapping[str, Any]) -> IssuedCertificateSpec:
    """Return the specification; raises InvalidSpecError for one that this version cannot use."""
    try:
        spec = IssuedCertificateSpec.model_validate(certificate.get("spec"))
        for pem in (spec.trust_bundle, spec.cross_certificates):
            if pem is not None:
                parse_certificates(pem)
    except UnreadableCertificateError as error:
        raise InvalidSpecError(
            f"A certificate of IssuedCertificate {certificate['metadata']['name']} cannot be used: "
            f"{error}",
            reason=Reason.INVALID_SPEC,
        ) from None
    except ValidationError as error:
        # Values are left out: they may be long, and the API server has let them pass.
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"]) or "spec"
        name = certificate["metadata"]["name"]
        raise InvalidSpecError(
            f"IssuedCertificate {name} cannot be used ({field}: {fault['msg']}): let the hub and "
            "this agent be of the same version.",
            reason=Reason.INVALID_SPEC,
        ) from None
    return spec
