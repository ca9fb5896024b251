from __future__ import annotations

from typing import Any

from roottrust.domain.remote_hub import (
    HUB_ACCOUNT,
    build_remote_manifests,
    list_needed_rights,
    list_own_manifests,
    list_policy_rights,
)

MANIFESTS = build_remote_manifests("gloo-mesh")


def find_rules(kind: str, name: str) -> list[dict[str, Any]]:
    (found,) = (
        each["rules"]
        for each in MANIFESTS
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    )
    rules: list[dict[str, Any]] = found
    return rules


def test_everywhere_the_hub_has_its_own_kinds_and_public_keys_alone() -> None:
    rules = find_rules("ClusterRole", HUB_ACCOUNT)
    groups = {group for rule in rules for group in rule.get("apiGroups", ())}
    assert groups == {"internal.gloo.solo.io"}
    urls = [url for rule in rules for url in rule.get("nonResourceURLs", ())]
    assert urls == ["/.well-known/openid-configuration", "/openid/v1/jwks"]


def test_in_its_namespace_it_has_tokens_of_two_accounts_and_says_what_is_restarted() -> None:
    tokens, account, directives = find_rules("Role", HUB_ACCOUNT)
    assert (directives["resources"], directives["verbs"]) == (["podbouncedirectives"], ["create"])
    assert tokens == {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "verbs": ["create"],
        "resourceNames": [HUB_ACCOUNT, "roottrust-reviewer"],
    }
    assert (account["verbs"], account["resourceNames"]) == (["get"], ["roottrust-reviewer"])


def test_what_it_asks_for_is_what_it_is_granted() -> None:
    granted = {
        (verb, group, resource)
        for rule in find_rules("ClusterRole", HUB_ACCOUNT)
        for verb in rule["verbs"]
        for group in rule.get("apiGroups", ())
        for resource in rule["resources"]
    }
    assert {(each.verb, each.group, each.resource) for each in list_needed_rights()} == granted


def test_a_review_names_the_subresource_by_itself() -> None:
    (right,) = (each for each in list_needed_rights() if "/" in each.resource)
    assert str(right) == "patch issuedcertificates/status"
    assert right.build_attributes() == {
        "verb": "patch",
        "group": "internal.gloo.solo.io",
        "resource": "issuedcertificates",
        "subresource": "status",
    }


def test_what_goes_with_the_hub_leaves_namespace_and_reviewer() -> None:
    own = list_own_manifests("gloo-mesh")
    assert {each["metadata"]["name"] for each in own} == {HUB_ACCOUNT}
    assert [each["kind"] for each in own][-1] == "ServiceAccount"
    assert len(own) == 5


def test_policies_there_take_rights_to_our_own_kind_alone() -> None:
    def list_granted(*, with_policies: bool) -> set[tuple[str, str]]:
        manifests = build_remote_manifests("gloo-mesh", with_policies=with_policies)
        return {
            (verb, resource)
            for each in manifests
            for rule in each.get("rules", ())
            for verb in rule["verbs"]
            for resource in rule.get("resources", ())
        }

    more = list_granted(with_policies=True) - list_granted(with_policies=False)
    assert more == {(right.verb, right.resource) for right in list_policy_rights()}
    assert {resource.partition("/")[0] for _, resource in more} == {"roottrustpolicies"}
    assert "create" not in {verb for verb, _ in more}
