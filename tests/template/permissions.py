"""Evaluates the roles' policies as IAM would, for what the stories recorded and for what they never used."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

from template import PSEUDO, Resolver

UNUSED = Path(__file__).with_name("unused_permissions.json")
KNOWN_OPERATORS = {"Null", "StringEquals", "ForAllValues:StringLike"}


class Statement:
    """One Allow statement of a role, resolved."""

    def __init__(self, raw):
        if raw["Effect"] != "Allow":
            raise ValueError("only Allow is known to this check")
        self.actions = listed(raw["Action"])
        self.resources = listed(raw["Resource"])
        self.conditions = raw.get("Condition", {})
        unknown = set(self.conditions) - KNOWN_OPERATORS
        if unknown:
            raise ValueError(f"{unknown}: condition operators that this check does not know")

    def allows(self, call):
        """Whether IAM would allow this call by this statement."""
        return (
            call["action"] in self.actions
            and any(fnmatchcase(call["resource"], pattern) for pattern in self.resources)
            and all(self.holds(operator, key, values, call) for operator, keys in self.conditions.items() for key, values in keys.items())
        )

    def holds(self, operator, key, values, call):
        present = call["context"].get(key, [])
        if operator == "Null":
            return (values == "true") == (not present)
        if operator == "StringEquals":
            return len(present) == 1 and present[0] in listed(values)
        return all(any(fnmatchcase(one, pattern) for pattern in listed(values)) for one in present)

    def grants(self):
        """Every (action, class) that the statement allows. The class is the prefix of a leading key, or the vault's
        class; None where the statement is not restricted to classes."""
        classes = [None]
        for keys in self.conditions.values():
            for key, values in keys.items():
                if key in ("dynamodb:LeadingKeys", "kms:EncryptionContext:portico:class") and values not in ("true", "false"):
                    classes = listed(values)
        return [(action, resource, one) for action in self.actions for resource in self.resources for one in classes]


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(source, function, resolver):
    """The statements of a function's role."""
    role = source["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"]
    role = (role if isinstance(role, list) else role.split("."))[0]
    policies = source["Resources"][role]["Properties"]["Policies"]
    return [Statement(s) for policy in policies for s in resolver(policy["PolicyDocument"]["Statement"])]


def as_call(record, resolver):
    """A recorded call as IAM sees it: an action on a resource, with the values of its condition keys."""
    prefix = f"arn:aws:dynamodb:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:table/{resolver.reference('TableName')}"
    if record["action"].startswith("kms:"):
        return {"action": record["action"], "resource": "VaultKey.Arn", "context": {"kms:EncryptionContext:portico:class": [one for one in [record["class"]] if one]}}
    index = record.get("index")
    return {
        "action": record["action"],
        "resource": f"{prefix}/index/{index}" if index else prefix,
        "context": {"dynamodb:LeadingKeys": record["leading_keys"]},
    }


def exceptions():
    """Permissions that no story uses, each with the reason why the role has them all the same."""
    return json.loads(UNUSED.read_text())


def check_permissions(source, names, recorded):
    """A permission too few: a recorded call that its role does not allow. A permission too many: an action on a class
    of keys that a role allows and no recorded call used, unless unused_permissions.json gives the reason."""
    resolver, problems = Resolver(source, MailFrom="no-reply@example.com"), []
    excused = {(e["function"], e["action"], e["class"]) for e in exceptions()}
    for name, function in names.items():
        allowed = statements(source, function, resolver)
        calls = [as_call(r, resolver) for r in recorded if r["function"] == name]
        if not calls:
            problems.append(f"no recorded call of {name}: run the stories first")
        for call in calls:
            if not any(s.allows(call) for s in allowed):
                problems.append(f"a permission too few: {name} called {call['action']} on {call['resource']} with {call['context']}")
        for statement in allowed:
            problems += too_many(name, statement, calls, excused)
    return problems


def too_many(name, statement, calls, excused):
    """What the statement grants beyond the recorded calls. Logs are written by Lambda itself, and mail is no call to the
    table or the key, so no recorded call shows them; mail may go out from the one address alone."""
    problems = []
    for action, resource, one in statement.grants():
        if action.startswith("logs:"):
            continue
        if action.startswith("ses:"):
            if statement.conditions.get("StringEquals", {}).get("ses:FromAddress") != "no-reply@example.com":
                problems.append(f"a permission too many: {name} may {action} from any address")
            continue
        if one is None:
            problems.append(f"a permission too many: {name} may {action} on any key of {resource}")
            continue
        used = any(c["action"] == action and fnmatchcase(c["resource"], resource) and uses(c, one) for c in calls)
        if not used and (name, action, one) not in excused:
            problems.append(f"a permission too many: {name} may {action} {one} on {resource}, and no story did")
    return problems


def uses(call, pattern):
    return any(fnmatchcase(value, pattern) for values in call["context"].values() for value in values)
