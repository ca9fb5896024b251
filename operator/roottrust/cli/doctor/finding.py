"""What one check found: what is so, why it matters, and the command that fixes it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from roottrust.cli.report_model import ReportModel
from roottrust.domain.health import Health


class Check(StrEnum):
    """What is looked at, in the order in which a person would."""

    ACCESS = "access"
    CRDS = "crds"
    OPERATOR = "operator"
    CONFIGURATION = "configuration"
    VAULT = "vault"
    CLOCKS = "clocks"
    POLICIES = "policies"
    CLUSTERS = "clusters"
    REGISTRATIONS = "registrations"
    MESHES = "meshes"
    ISTIODS = "istiods"
    GUIDE = "guide"
    FOREIGN_CA = "foreign-ca"


class Finding(ReportModel):
    """One thing that was looked at; Unknown is what could not be, which is never well."""

    check: Check = Field(description="What was looked at.")
    subject: str = Field(description="Which one: an object, a server, a namespace.")
    health: Health = Field(
        description="Good: passed. Warning: works, and will not last. Unknown: could not be looked "
        "at, or is not finished. Bad: needs a person."
    )
    what: str = Field(description="What was found.")
    why: str | None = Field(default=None, description="Why it matters; null of what is well.")
    fix: str | None = Field(default=None, description="The command that fixes it, or shows more.")
    right: str | None = Field(
        default=None, description="The right that is missing, where one is: `VERB RESOURCE`."
    )


def passed(check: Check, subject: str, what: str) -> Finding:
    """Return what is well."""
    return Finding(check=check, subject=subject, health=Health.GOOD, what=what)


def found(
    check: Check, subject: str, health: Health, what: str, *, why: str, fix: str | None = None
) -> Finding:
    """Return what is not well."""
    return Finding(check=check, subject=subject, health=health, what=what, why=why, fix=fix)
