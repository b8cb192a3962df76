//! CloudFormation's intrinsic functions, resolved for this machine: parameters take their defaults, a resource's
//! name is its logical id, and an ARN is built from that.

use super::{TemplateError, scalar};
use serde_json::{Map, Value as Json};
use serde_yaml_ng::{Mapping, Value as Yaml};
use std::collections::BTreeMap;

/// The region that everything local pretends to be in.
pub(crate) const REGION: &str = "eu-west-1";
/// The account that everything local pretends to be in.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The ARN that a function has locally.
pub(crate) fn function_arn(logical_id: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{logical_id}")
}

/// Resolves values of one template.
pub(super) struct Resolver<'a> {
    root: &'a Yaml,
    parameters: BTreeMap<String, Json>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(root: &'a Yaml, overrides: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut parameters = BTreeMap::new();
        for (name, declaration) in entries(root.get("Parameters")) {
            let value = match overrides.get(name) {
                Some(value) => Json::String(value.clone()),
                // A parameter without a default is a question that only a deployment answers: here it is empty.
                None => declaration.get("Default").map_or(Ok(Json::String(String::new())), plain)?,
            };
            let list = declaration.get("Type").and_then(Yaml::as_str) == Some("CommaDelimitedList");
            let value = match value {
                Json::String(text) if list => text.split(',').map(str::trim).collect(),
                value => value,
            };
            parameters.insert(name.to_owned(), value);
        }
        Ok(Self { root, parameters })
    }

    /// The resources of a type whose condition holds, in the template's order, resolved.
    pub(super) fn resources_of(&self, wanted: &str) -> Result<Vec<(String, Json)>, TemplateError> {
        let mut found = Vec::new();
        for (id, resource) in entries(self.root.get("Resources")) {
            if resource.get("Type").and_then(Yaml::as_str) != Some(wanted) {
                continue;
            }
            if let Some(condition) = resource.get("Condition").and_then(Yaml::as_str)
                && !self.condition(condition)?
            {
                continue;
            }
            let at = format!("Resources.{id}");
            let mut kept = Map::new();
            for part in ["Metadata", "Properties"] {
                let value = self.resolve(&format!("{at}.{part}"), resource.get(part))?;
                kept.insert(part.to_owned(), value);
            }
            found.push((id.to_owned(), Json::Object(kept)));
        }
        Ok(found)
    }

    /// Resolves a value; nothing is `null`.
    pub(super) fn resolve(&self, at: &str, value: Option<&Yaml>) -> Result<Json, TemplateError> {
        Ok(match value {
            Some(value) => self.value(at, value)?.unwrap_or(Json::Null),
            None => Json::Null,
        })
    }

    /// What a value becomes; none is `AWS::NoValue`, which removes the key it stands under.
    fn value(&self, at: &str, value: &Yaml) -> Result<Option<Json>, TemplateError> {
        match value {
            Yaml::Tagged(tagged) => {
                let tag = tagged.tag.to_string();
                let name = tag.trim_start_matches('!');
                let name = if name == "Ref" || name == "Condition" {
                    name.to_owned()
                } else {
                    format!("Fn::{name}")
                };
                self.intrinsic(at, &name, &tagged.value)
            }
            Yaml::Mapping(mapping) => match single_intrinsic(mapping) {
                Some((name, argument)) => self.intrinsic(at, name, argument),
                None => self.mapping(at, mapping).map(Some),
            },
            Yaml::Sequence(items) => {
                let mut resolved = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    resolved.extend(self.value(&format!("{at}[{index}]"), item)?);
                }
                Ok(Some(Json::Array(resolved)))
            }
            other => plain(other).map(Some),
        }
    }

    fn mapping(&self, at: &str, mapping: &Mapping) -> Result<Json, TemplateError> {
        let mut resolved = Map::new();
        for (key, value) in mapping {
            let key = key.as_str().ok_or_else(|| TemplateError::unsupported(at, "a key is not a text"))?;
            if let Some(value) = self.value(&format!("{at}.{key}"), value)? {
                resolved.insert(key.to_owned(), value);
            }
        }
        Ok(Json::Object(resolved))
    }

    fn intrinsic(&self, at: &str, name: &str, argument: &Yaml) -> Result<Option<Json>, TemplateError> {
        match name {
            "Ref" => self.reference(at, text(at, argument)?),
            "Fn::GetAtt" => self.attribute(at, argument).map(Some),
            "Fn::Sub" => self.substitute(at, argument).map(Some),
            "Fn::Join" => {
                let (separator, items) = self.separator_and_items(at, argument)?;
                Ok(Some(Json::String(items.join(&separator))))
            }
            "Fn::If" => match argument.as_sequence().map(Vec::as_slice) {
                Some([condition, then, otherwise]) => {
                    let holds = self.condition(text(at, condition)?)?;
                    self.value(at, if holds { then } else { otherwise })
                }
                _ => Err(TemplateError::unsupported(at, "!If takes a condition and two values")),
            },
            "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" | "Condition" => {
                self.boolean(at, name, argument).map(|holds| Some(Json::Bool(holds)))
            }
            other => Err(TemplateError::unsupported(
                at,
                format!("the intrinsic function {other} is not known to the local program"),
            )),
        }
    }

    fn separator_and_items(&self, at: &str, argument: &Yaml) -> Result<(String, Vec<String>), TemplateError> {
        let resolved = self.value(at, argument)?.unwrap_or(Json::Null);
        let parts = match resolved.as_array().map(Vec::as_slice) {
            Some([Json::String(separator), Json::Array(items)]) => {
                items.iter().map(scalar).collect::<Option<Vec<_>>>().map(|items| (separator.clone(), items))
            }
            _ => None,
        };
        parts.ok_or_else(|| TemplateError::unsupported(at, "!Join takes a separator and a list of texts"))
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        let at = format!("Conditions.{name}");
        let declaration = self.root.get("Conditions").and_then(|conditions| conditions.get(name));
        let value = self.resolve(
            &at,
            Some(declaration.ok_or_else(|| TemplateError::unsupported(&at, "is not declared"))?),
        )?;
        value.as_bool().ok_or_else(|| TemplateError::unsupported(at, "is not a condition"))
    }

    fn boolean(&self, at: &str, name: &str, argument: &Yaml) -> Result<bool, TemplateError> {
        if name == "Condition" {
            return self.condition(text(at, argument)?);
        }
        let resolved = self.value(at, argument)?.unwrap_or(Json::Null);
        let items = resolved.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, items) {
            ("Fn::Equals", [left, right]) => Ok(scalar(left) == scalar(right)),
            ("Fn::Not", [Json::Bool(holds)]) => Ok(!holds),
            ("Fn::And", items) => Ok(items.iter().all(|item| item.as_bool() == Some(true))),
            ("Fn::Or", items) => Ok(items.iter().any(|item| item.as_bool() == Some(true))),
            _ => Err(TemplateError::unsupported(at, format!("{name} does not take {resolved}"))),
        }
    }

    fn reference(&self, at: &str, name: &str) -> Result<Option<Json>, TemplateError> {
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => REGION,
            "AWS::AccountId" => ACCOUNT,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::StackName" => "portico",
            _ => "",
        };
        if !pseudo.is_empty() {
            return Ok(Some(Json::String(pseudo.to_owned())));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        let properties = self.resource(at, name)?.get("Properties");
        match properties.and_then(|properties| properties.get("TableName")) {
            Some(table_name) => self.value(at, table_name),
            None => Ok(Some(Json::String(name.to_owned()))),
        }
    }

    fn resource(&self, at: &str, id: &str) -> Result<&Yaml, TemplateError> {
        let resource = self.root.get("Resources").and_then(|resources| resources.get(id));
        resource.ok_or_else(|| {
            TemplateError::unsupported(at, format!("{id} is neither a parameter nor a resource"))
        })
    }

    fn attribute(&self, at: &str, argument: &Yaml) -> Result<Json, TemplateError> {
        let (id, attribute) = match argument {
            Yaml::String(path) => {
                path.split_once('.').map(|(id, attribute)| (id.to_owned(), attribute.to_owned()))
            }
            Yaml::Sequence(parts) => match parts.as_slice() {
                [Yaml::String(id), Yaml::String(attribute)] => Some((id.clone(), attribute.clone())),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| TemplateError::unsupported(at, "!GetAtt takes Resource.Attribute"))?;
        self.attribute_of(at, &id, &attribute).map(Json::String)
    }

    fn attribute_of(&self, at: &str, id: &str, attribute: &str) -> Result<String, TemplateError> {
        let kind = self.resource(at, id)?.get("Type").and_then(Yaml::as_str).unwrap_or_default();
        let arn = |service: &str, resource: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}");
        match (kind, attribute) {
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => Ok(function_arn(id)),
            ("AWS::DynamoDB::Table", "Arn") => Ok(arn("dynamodb", &format!("table/{id}"))),
            ("AWS::DynamoDB::Table", "StreamArn") => Ok(arn("dynamodb", &format!("table/{id}/stream/local"))),
            ("AWS::KMS::Key", "Arn") => Ok(arn("kms", &format!("key/{id}"))),
            ("AWS::Logs::LogGroup", "Arn") => Ok(arn("logs", &format!("log-group:{id}:*"))),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => {
                Ok(format!("https://{id}.execute-api.{REGION}.amazonaws.com"))
            }
            (_, "Arn") => Ok(arn("local", id)),
            (kind, attribute) => Err(TemplateError::unsupported(
                at,
                format!("the attribute {attribute} of {id} ({kind}) is not known to the local program"),
            )),
        }
    }

    fn substitute(&self, at: &str, argument: &Yaml) -> Result<Json, TemplateError> {
        let (template, own) = match argument.as_sequence().map(Vec::as_slice) {
            Some([template, variables]) => (text(at, template)?, self.resolve(at, Some(variables))?),
            _ => (text(at, argument)?, Json::Null),
        };
        let mut result = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) =
                after.split_once('}').ok_or_else(|| TemplateError::unsupported(at, "a ${ has no }"))?;
            result.push_str(before);
            result.push_str(&self.variable(at, name, &own)?);
            rest = tail;
        }
        result.push_str(rest);
        Ok(Json::String(result))
    }

    fn variable(&self, at: &str, name: &str, own: &Json) -> Result<String, TemplateError> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(format!("${{{literal}}}"));
        }
        if let Some(value) = own.get(name).and_then(scalar) {
            return Ok(value);
        }
        if let Some((id, attribute)) = name.split_once('.') {
            return self.attribute_of(at, id, attribute);
        }
        let value = self.reference(at, name)?.as_ref().and_then(scalar);
        value.ok_or_else(|| TemplateError::unsupported(at, format!("${{{name}}} is not a text")))
    }
}

fn entries(value: Option<&Yaml>) -> impl Iterator<Item = (&str, &Yaml)> {
    value
        .and_then(Yaml::as_mapping)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
}

fn single_intrinsic(mapping: &Mapping) -> Option<(&str, &Yaml)> {
    let (key, argument) = mapping.iter().next().filter(|_| mapping.len() == 1)?;
    let name = key.as_str().filter(|name| *name == "Ref" || name.starts_with("Fn::"))?;
    Some((name, argument))
}

fn text<'y>(at: &str, value: &'y Yaml) -> Result<&'y str, TemplateError> {
    value.as_str().ok_or_else(|| TemplateError::unsupported(at, "expected a text"))
}

fn plain(value: &Yaml) -> Result<Json, TemplateError> {
    serde_json::to_value(value)
        .map_err(|problem| TemplateError::unsupported("a plain value", problem.to_string()))
}
