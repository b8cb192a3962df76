"""Reads template.yaml, translates it as CloudFormation would see it, and resolves its intrinsic functions."""

import json
import logging
import os
import re
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-2"

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "portico",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:123456789012:stack/portico/00000000-0000-0000-0000-000000000000",
    "AWS::URLSuffix": "amazonaws.com",
}


logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of usage metrics of its own that nobody publishes


class NoManagedPolicies:
    """The translator asks for AWS's managed policies by name; the template uses none."""

    def load(self):
        return {}


def read(path=ROOT / "template.yaml"):
    """The source template, with short intrinsic forms (!Ref) in their long form."""
    return yaml_parse(Path(path).read_text())


def translate(source):
    """The CloudFormation template that the SAM transform makes of it, uploaded code included."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    source = json.loads(json.dumps(source))
    source["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    return transform(source, {}, NoManagedPolicies())


class Resolver:
    """Intrinsic functions to plain values: parameters at their defaults, or as given; a resource's id for its Ref,
    and `<id>.<attribute>` for its attributes."""

    def __init__(self, template, **parameters):
        self.template = template
        declared = template.get("Parameters", {})
        given = {name: parameters.get(name, p.get("Default", "")) for name, p in declared.items()}
        lists = [name for name, p in declared.items() if p["Type"] == "CommaDelimitedList"]
        self.parameters = given | {name: given[name].split(",") for name in lists}

    def __call__(self, value):
        if isinstance(value, list):
            items = [self(item) for item in value]
            return [item for item in items if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), = value.items()
            if name == "Ref":
                return self.reference(argument)
            if name == "Fn::GetAtt":
                return self.attribute(argument)
            if name == "Fn::Sub":
                return self.substitute(argument)
            if name == "Fn::If":
                condition, then, otherwise = argument
                return self(then if self.condition(self.template["Conditions"][condition]) else otherwise)
            if name == "Fn::Join":
                return argument[0].join(self(argument[1]))
            if name == "Fn::Split":
                return self(argument[1]).split(argument[0])
            if name.startswith("Fn::"):
                raise ValueError(f"{name} is not known to this check")
        resolved = {key: self(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not None}

    def reference(self, name):
        if name == "AWS::NoValue":
            return None
        if name in PSEUDO:
            return PSEUDO[name]
        return self.parameters.get(name, name)

    def attribute(self, argument):
        return ".".join(argument) if isinstance(argument, list) else argument

    def substitute(self, argument):
        text, names = argument if isinstance(argument, list) else (argument, {})

        def one(match):
            name = match.group(1)
            if name in names:
                return str(self(names[name]))
            return self.attribute(name) if "." in name else str(self.reference(name))

        return re.sub(r"\$\{([^}!]+)\}", one, text)

    def condition(self, value):
        (name, argument), = value.items()
        if name == "Fn::Equals":
            return self(argument[0]) == self(argument[1])
        if name == "Fn::Not":
            return not self.condition(argument[0])
        if name == "Condition":
            return self.condition(self.template["Conditions"][argument])
        raise ValueError(f"{name} is not known to this check")


def of_type(template, kind):
    """(logical id, properties) of every resource of a type."""
    return [(name, r.get("Properties", {})) for name, r in template["Resources"].items() if r["Type"] == kind]


def functions(source):
    """Name of the binary → logical id, for every function."""
    return {
        resource["Metadata"]["BuildProperties"]["Binary"]: name
        for name, resource in source["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
