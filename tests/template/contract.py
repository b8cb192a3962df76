"""The own contract of template.yaml: what neither the SAM translator nor cfn-lint can know. Every check returns the
problems it found, as sentences."""

import json
import re

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from permissions import check_permissions
from template import REGION, Resolver, functions, of_type, translate

# W2001: the translator leaves parameters that only SAM resources used.
# W1030: optional parameters are empty by default, where a condition keeps the empty value from being used.
IGNORED = ["W2001", "W1030"]

ALARMS_PER_FUNCTION = [("Errors", "Statistic", "Sum"), ("Throttles", "Statistic", "Sum"), ("Duration", "ExtendedStatistic", "p99")]
OVERALL_ALARMS = [("Portico", "SignInRefused"), ("Portico", "DomainChecksBehind"), ("Portico", "DirectorySweepBehind"), ("AWS/ApiGateway", "5xx")]


def check_lint(source):
    """cfn-lint on what the transform makes of the template; it also finds circles of resources."""
    translated = json.dumps(translate(source))
    found = lint(translated, config=ManualArgs(regions=[REGION], ignore_checks=IGNORED))
    return [f"cfn-lint {match.rule.id}: {match.message}" for match in found]


def check_routes(source, names, facts):
    """Every route of the template leads to a function that handles it, every handler is reached by a route."""
    routes = template_routes(source)
    by_function = {function: name for name, function in names.items()}
    reached, problems = set(), []
    for name in names:
        for method, path in facts[name]["routes"]:
            best = best_route(routes, method, re.sub(r"\{[^}]*\}", "x", path))
            if best and by_function.get(best["function"]) == name:
                reached.add(best["id"])
            else:
                problems.append(f"a handler without a route: {name} handles {method} {path}")
    for route in routes:
        if route["id"] not in reached:
            name = by_function.get(route["function"], route["function"])
            problems.append(f"a route without a handler: {route['key']} leads to {name}, which handles nothing there")
    return problems


def template_routes(source):
    """The routes, each with the function behind its integration."""
    integrations = dict(of_type(source, "AWS::ApiGatewayV2::Integration"))
    resolve = Resolver(source)
    routes = []
    for name, properties in of_type(source, "AWS::ApiGatewayV2::Route"):
        integration = resolve(properties["Target"]).removeprefix("integrations/")
        function = resolve(integrations[integration]["IntegrationUri"]).removesuffix(".Arn")
        method, path = properties["RouteKey"].split(" ")
        routes.append({"id": name, "key": properties["RouteKey"], "function": function, "method": method, "path": path})
    return routes


def best_route(routes, method, path):
    """API Gateway's choice: a full match before a greedy one, literal segments before parameters, a method before ANY."""

    def rank(route):
        segments = route["path"].split("/")
        greedy = segments[-1].endswith("+}")
        return (not greedy, [2 if "{" not in s else 0 if s.endswith("+}") else 1 for s in segments], route["method"] != "ANY")

    def takes(route):
        pattern = re.sub(r"\\\{[^}]*\\\+\\\}$", ".+", re.escape(route["path"]))
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
        return route["method"] in ("ANY", method) and re.fullmatch(pattern, path)

    return max((route for route in routes if takes(route)), key=rank, default=None)


def check_variables(source, names, facts):
    """A function is given the variables that its configuration reads, no others."""
    problems = []
    for name, function in names.items():
        given = set(source["Resources"][function]["Properties"].get("Environment", {}).get("Variables", {}))
        read = set(facts[name]["variables"])
        problems += [f"an unset variable: {name} reads {variable}" for variable in sorted(read - given)]
        problems += [f"a variable that nothing reads: {name} is given {variable}" for variable in sorted(given - read)]
    return problems


def check_alarms(source, names):
    """Every function has its alarms, and so have refused sign-ins and the API; each tells the topic, if there is one."""
    alarms = [properties for _, properties in of_type(source, "AWS::CloudWatch::Alarm")]
    resolve = Resolver(source, AlarmTopicArn="topic")
    problems = []
    for name, function in names.items():
        for metric, key, statistic in ALARMS_PER_FUNCTION:
            dimensions = [{"Name": "FunctionName", "Value": function}]
            wanted = {"Namespace": "AWS/Lambda", "MetricName": metric, key: statistic, "Dimensions": dimensions}
            if not any(wanted.items() <= resolve(alarm).items() for alarm in alarms):
                problems.append(f"an alarm is missing: {metric} ({statistic}) of {name}")
    for namespace, metric in OVERALL_ALARMS:
        wanted = {"Namespace": namespace, "MetricName": metric}
        if not any(wanted.items() <= resolve(alarm).items() for alarm in alarms):
            problems.append(f"an alarm is missing: {namespace} {metric}")
    problems += [f"an alarm that tells nobody: {a['MetricName']}" for a in alarms if resolve(a).get("AlarmActions") != ["topic"]]
    return problems


def check_logs(source, names):
    """Every function logs to a group with a retention that its role alone may write to, and the access log carries
    neither path nor query."""
    groups = dict(of_type(source, "AWS::Logs::LogGroup"))
    resolve = Resolver(source)
    problems = [f"a log group without retention: {name}" for name, p in groups.items() if "RetentionInDays" not in p]
    for name, function in names.items():
        group = resolve(source["Resources"][function]["Properties"].get("LoggingConfig", {}).get("LogGroup"))
        if group not in groups:
            problems.append(f"a function without a log group: {name}")
    for _, stage in of_type(source, "AWS::ApiGatewayV2::Stage"):
        carried = re.findall(r"\$context\.([A-Za-z.]+)", stage["AccessLogSettings"]["Format"])
        problems += [f"the access log carries {one}" for one in carried if re.search("path|query|identity|authorizer", one, re.I)]
    return problems


def check_integrations(source, names):
    """One integration and one permission for the whole API per function: per route, permissions outgrow its policy."""
    resolve = Resolver(source)
    problems = []
    for name, function in names.items():
        uris = [p for _, p in of_type(source, "AWS::ApiGatewayV2::Integration") if resolve(p["IntegrationUri"]) == f"{function}.Arn"]
        grants = [p for _, p in of_type(source, "AWS::Lambda::Permission") if resolve(p["FunctionName"]) == function]
        if len(uris) != 1 or uris[0]["PayloadFormatVersion"] != "2.0":
            problems.append(f"{name} needs one integration, of payload format 2.0")
        if len(grants) != 1 or not resolve(grants[0]["SourceArn"]).endswith(":Api/*"):
            problems.append(f"{name} needs one permission, for every route of the API")
    return problems


def check_data(source):
    """The table and the key outlive the stack; the table expires items and can be restored to a point in time."""
    (table,) = (r for r in source["Resources"].values() if r["Type"] == "AWS::DynamoDB::Table")
    (key,) = (r for r in source["Resources"].values() if r["Type"] == "AWS::KMS::Key")
    properties = table["Properties"]
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    wanted = {
        "the table outlives the stack": kept.items() <= table.items(),
        "the key outlives the stack": kept.items() <= key.items(),
        "the table is protected from deletion": properties.get("DeletionProtectionEnabled") is True,
        "the table can be restored to a point in time": properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        "items expire by expires_at": properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True},
        "the key is rotated": key["Properties"].get("EnableKeyRotation") is True,
    }
    return [f"not so: {sentence}" for sentence, holds in wanted.items() if not holds]


def check_all(source, facts, recorded):
    """Every check, and the problems it found."""
    names = functions(source)
    return {
        "lint": check_lint(source),
        "routes": check_routes(source, names, facts),
        "variables": check_variables(source, names, facts),
        "permissions": check_permissions(source, names, recorded),
        "alarms": check_alarms(source, names),
        "logs": check_logs(source, names),
        "integrations": check_integrations(source, names),
        "data": check_data(source),
    }
