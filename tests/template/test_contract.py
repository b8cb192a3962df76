"""template.yaml against the code: `tests/run --only template`."""

import from_code
import pytest
import template
from contract import best_route, check_all
from permissions import as_call, exceptions, statements, uses

FOUND = check_all(template.read(), from_code.facts(), from_code.recorded())


@pytest.mark.parametrize("check", FOUND)
def test_the_template_and_the_code_agree_on(check):
    assert not FOUND[check], "\n".join(["", *FOUND[check]])


def test_every_reasoned_exception_is_needed_and_gives_its_reason():
    resolver = template.Resolver(template.read())
    for exception in exceptions():
        assert len(exception["reason"].split()) > 4, f"{exception} needs a reason"
        same = [r for r in from_code.recorded() if (r["function"], r["action"]) == (exception["function"], exception["action"])]
        used = [r for r in same if uses(as_call(r, resolver), exception["class"])]
        assert not used, f"{exception} is used after all: remove it"


def test_with_a_custom_domain_it_is_the_only_way_in():
    source = template.read()
    resolve = template.Resolver(source, DomainName="sso.example.com", CertificateArn="arn", HostedZoneId="Z1")
    assert resolve(source["Resources"]["Api"]["Properties"])["DisableExecuteApiEndpoint"] is True
    for function in template.functions(source).values():
        variables = resolve(source["Resources"][function]["Properties"]["Environment"]["Variables"])
        assert variables["PUBLIC_URL"] == "https://sso.example.com"


def test_without_one_the_endpoint_of_the_api_is_the_public_address():
    source = template.read()
    resolve = template.Resolver(source)
    assert resolve(source["Resources"]["Api"]["Properties"])["DisableExecuteApiEndpoint"] is False
    for function in template.functions(source).values():
        variables = resolve(source["Resources"][function]["Properties"]["Environment"]["Variables"])
        assert variables["PUBLIC_URL"] == "Api.ApiEndpoint"


def test_route_53_is_allowed_in_exactly_the_zones_given_and_nowhere_without_any():
    source = template.read()
    records = source["Resources"]["DomainVerificationRecords"]
    holds = lambda **given: template.Resolver(source, **given).condition(source["Conditions"][records["Condition"]])
    assert not holds() and holds(RecordZoneIds="ZONE1")
    resolve = template.Resolver(source, RecordZoneIds="ZONE1,ZONE2")
    statements = resolve(records["Properties"])["PolicyDocument"]["Statement"]
    named = {resource for s in statements for resource in s["Resource"] if isinstance(s["Resource"], list)}
    assert named == {"arn:aws:route53:::hostedzone/ZONE1", "arn:aws:route53:::hostedzone/ZONE2"}
    (change,) = (s for s in statements if s["Action"] == "route53:ChangeResourceRecordSets")
    assert change["Condition"]["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsRecordTypes"] == ["TXT"]
    assert change["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"] == "_portico.*"
    others = [r for name, r in source["Resources"].items() if name != "DomainVerificationRecords" and r["Type"].startswith("AWS::IAM")]
    assert "route53:" not in str(others)


def test_exactly_the_functions_that_send_mail_may_and_only_from_the_address_given():
    """What the stories call is recorded for DynamoDB and KMS alone."""
    source = template.read()
    may = {}
    for name, function in template.functions(source).items():
        resolve = template.Resolver(source, MailFrom="sso@example.com")
        found = [one for one in statements(source, function, resolve) if "ses:SendEmail" in one.actions]
        if found:
            may[name] = [one.conditions for one in found]
        silent = statements(source, function, template.Resolver(source))
        assert not [one for one in silent if "ses:SendEmail" in one.actions], f"{name} may send mail that nobody has set up"
    assert set(may) == from_code.senders()
    assert all(conditions == [{"StringEquals": {"ses:FromAddress": "sso@example.com"}}] for conditions in may.values())


def test_every_parameter_is_described_constrained_and_shown_in_a_group():
    source = template.read()
    shown = source["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(source["Parameters"]) == sorted(shown["ParameterLabels"])
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter), f"{name} takes anything"


def test_no_parameter_variable_or_output_is_a_secret():
    source = template.read()
    names = [*source["Parameters"], *source["Outputs"]]
    for function in template.functions(source).values():
        names += source["Resources"][function]["Properties"]["Environment"]["Variables"]
    words = ("secret", "password", "token", "private", "api_key", "apikey")
    assert not [n for n in names if any(w in n.lower() for w in words) and n != "FirstApiKeyCommand"]


def test_a_router_is_read_as_rustfmt_writes_it():
    read = from_code.parse_route
    assert read('"/a", get(list)') == [("GET", "/a")]
    assert read('"/a/{id}", get(a::show).put(a::update(limit(3))).delete(a::remove)') == [
        ("GET", "/a/{id}"), ("PUT", "/a/{id}"), ("DELETE", "/a/{id}"),
    ]
    assert read('\n    "/b",\n    post(b::create),\n') == [("POST", "/b")]


def test_api_gateway_prefers_a_literal_to_a_parameter_and_a_parameter_to_the_rest():
    keys = ["ANY /{proxy+}", "ANY /a/{proxy+}", "ANY /a/{id}", "GET /a/{id}", "ANY /a/b"]
    routes = [dict(zip(("method", "path"), key.split(" ")), key=key) for key in keys]
    for reverse in (False, True):
        listed = routes[::-1] if reverse else routes
        assert best_route(listed, "GET", "/a/b")["key"] == "ANY /a/b"
        assert best_route(listed, "GET", "/a/x")["key"] == "GET /a/{id}"
        assert best_route(listed, "PUT", "/a/x")["key"] == "ANY /a/{id}"
        assert best_route(listed, "PUT", "/a/x/y")["key"] == "ANY /a/{proxy+}"
        assert best_route(listed, "PUT", "/c")["key"] == "ANY /{proxy+}"
    assert best_route(routes[1:], "GET", "/a") is None
