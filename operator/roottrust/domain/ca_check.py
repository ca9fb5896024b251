"""Whether istiod, Envoy and their peers can work with the files of a CA folder.

istiod checks some of this only when it starts and some of it never: what is wrong then breaks
workloads instead of istiod (security/pkg/pki/util/keycertbundle.go, security/pkg/pki/ca/ca.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.domain.ca_check_intermediate import check_intermediate
from roottrust.domain.ca_check_path import check_paths
from roottrust.domain.ca_files import CHAIN, KEY, CaFiles
from roottrust.domain.ca_key import begins_with_key
from roottrust.domain.finding import Finding, Findings, Severity, fatal, name
from roottrust.domain.read_ca import ReadCa, UnreadableCaError, read_ca
from roottrust.domain.reasons import Reason
from roottrust.domain.trial_leaf import check_trial_leaf


def check_files(files: CaFiles, *, now: datetime, common_name: str | None = None) -> Findings:
    """Return everything that is wrong; without a fault, istiod can work. Never raises.

    `common_name` is what the intermediate has to be called, None for whatever it is.
    """
    try:
        ca = read_ca(files)
    except UnreadableCaError as error:
        return Findings(found=(fatal(error.reason, str(error)),))
    found = [
        *_check_key_file(files),
        *check_intermediate(ca, common_name=common_name),
        *_check_chain(ca),
        *check_paths(ca, now=now),
    ]
    if not any(each.severity is Severity.FATAL for each in found):
        found += check_trial_leaf(ca, now=now)
    return Findings(
        found=tuple(sorted(found, key=lambda each: each.severity is not Severity.FATAL)),
        issuer=ca.paths[0].issuers[0].fingerprint if ca.paths else None,
    )


def _check_key_file(files: CaFiles) -> Iterator[Finding]:
    if not begins_with_key(files.key):
        yield fatal(
            Reason.INVALID_KEY,
            f"{KEY} does not begin with the private key, and istiod ends at what stands before (EC "
            "PARAMETERS, for example): have the agent write all files anew.",
        )


def _check_chain(ca: ReadCa) -> Iterator[Finding]:
    if ca.chain[0] != ca.intermediate:
        yield fatal(
            Reason.CHAIN_MISORDERED,
            f"{CHAIN} begins with {name(ca.chain[0])} instead of the intermediate "
            f"{name(ca.intermediate)}, and istiod would serve a chain that fits nothing: have the "
            "agent write all files anew.",
        )
    for each in ca.chain:
        if each.is_self_signed:
            yield fatal(
                Reason.ROOT_IN_CHAIN,
                f"{CHAIN} holds the root {name(each)}, for which istiod would want a CRL as "
                "well: leave it to root-cert.pem.",
            )
