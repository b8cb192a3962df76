"""What the code says about itself, for the template to be held against: the routes of every function's router, the
variables that the configuration reads, and the calls to DynamoDB and KMS that the stories made."""

import json
import os
import re

from template import ROOT, functions, read

METHODS = {"get", "post", "put", "patch", "delete", "options"}
RECORDED = os.path.join(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "portico", "recorded-calls.jsonl")


def facts():
    """Per function (by the name of its binary), its routes as (method, path) and the variables that it reads."""
    variables = config_variables((ROOT / "shared/src/config.rs").read_text())
    return {name: {"routes": routes_of(name), "variables": variables} for name in functions(read())}


def senders():
    """The functions that send mail: those that make invitations or tell IT contacts of something."""
    sends = re.compile(r"operations::portal::(\{[^}]*\b)?invite\b|\bportal::invite\(|\bcontacts::tell_")
    code = {name: "".join(file.read_text() for file in (ROOT / "functions" / name / "src").rglob("*.rs")) for name in functions(read())}
    return {name for name, text in code.items() if sends.search(text)}


def recorded():
    """Every call that the stories made, one a line: {"function", "action", "index", "leading_keys"} or
    {"function", "action", "class"}. `tests/run` has them written (tests/src/recorded_calls.rs)."""
    with open(RECORDED) as lines:
        return [json.loads(line) for line in sorted(set(lines))]


def config_variables(source):
    (listed,) = re.findall(r"VARIABLES: &\[&str\] = &\[(.*?)\]", source, re.S)
    return re.findall(r'"([A-Z_]+)"', listed)


def routes_of(name):
    """The routes of a function: every `.route("…", …)` in its crate."""
    routes = []
    for file in sorted((ROOT / "functions" / name / "src").rglob("*.rs")):
        product = re.split(r"#\[cfg\(test\)\]\s*mod \w+ \{", file.read_text())[0]
        unknown = re.search(r"\.(nest|merge|route_service|nest_service)\(", product)
        if unknown:
            raise ValueError(f"{file}: {unknown.group(1)} hides routes from this check; use .route with a literal path")
        routes += [route for call in re.finditer(r"\.route\(", product) for route in parse_route(arguments(product, call.end()))]
    if not routes:
        raise ValueError(f"{name} has no routes that this check can read")
    return routes


def arguments(source, start):
    """The text from an opening parenthesis to the one that closes it."""
    depth = 1
    for end in range(start, len(source)):
        depth += {"(": 1, ")": -1}.get(source[end], 0)
        if depth == 0:
            return source[start:end]
    raise ValueError("a parenthesis is never closed")


def parse_route(text):
    """`"/path", get(a).post(b)` → (GET, /path), (POST, /path)."""
    path, chain = re.fullmatch(r'\s*"([^"]+)",\s*(.*?)\s*,?\s*', text, re.S).groups()
    while re.search(r"\([^()]*\)", chain):
        chain = re.sub(r"\([^()]*\)", "", chain)
    methods = [link.strip().rsplit("::")[-1] for link in chain.split(".")]
    unknown = set(methods) - METHODS
    if unknown:
        raise ValueError(f"{path}: {unknown} are no methods that this check knows")
    return [(method.upper(), path) for method in methods]
