//! Reads template.yaml: the routes, functions, variables, schedules and the table that the local program runs are
//! the ones that get deployed, because nothing here declares them a second time.

mod intrinsics;

use intrinsics::Resolver;
pub(crate) use intrinsics::{ACCOUNT, REGION, function_arn};
use serde_json::{Map, Value as Json};
use serde_yaml_ng::Value as Yaml;
use std::collections::BTreeMap;

/// What the template declares, with every intrinsic function resolved for this machine.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The Lambda functions, in the template's order.
    pub(crate) functions: Vec<Function>,
    /// The routes of the HTTP API.
    pub(crate) routes: Vec<RouteDeclaration>,
    /// Invocations by time.
    pub(crate) schedules: Vec<Schedule>,
    /// The properties of the one `AWS::DynamoDB::Table`, as the CreateTable operation takes them.
    pub(crate) table: Json,
    /// The attribute that DynamoDB's time-to-live watches, when the table has one.
    pub(crate) ttl_attribute: Option<String>,
}

/// One `AWS::Serverless::Function`.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// The logical id, which is also the directory `sam build` writes the binary to.
    pub(crate) logical_id: String,
    /// The name of the binary, and of the crate's role in the layout: `sso`, `acs`, `management`.
    pub(crate) binary: String,
    /// Environment variables as declared.
    pub(crate) environment: BTreeMap<String, String>,
    /// How long Lambda lets one invocation run, in seconds.
    pub(crate) timeout_seconds: u64,
    /// Memory, in megabytes.
    pub(crate) memory_megabytes: u64,
}

/// One `AWS::ApiGatewayV2::Route` with its integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteDeclaration {
    /// As in the template: `ANY /organizations/{proxy+}`.
    pub(crate) route_key: String,
    /// The logical id of the function behind it.
    pub(crate) function: String,
    /// The integration's timeout, in milliseconds.
    pub(crate) timeout_millis: u64,
}

/// One invocation by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The logical id of the function.
    pub(crate) function: String,
    /// As EventBridge takes it: `rate(5 minutes)`.
    pub(crate) expression: String,
    /// The event the function gets.
    pub(crate) input: Json,
}

/// Why a template cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML.
    #[error("template.yaml is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// Something this reader does not know. Better to stop than to run something other than what is deployed.
    #[error("template.yaml, {at}: {problem}")]
    Unsupported {
        /// The path of keys that leads there.
        at: String,
        /// What was found.
        problem: String,
    },
}

impl TemplateError {
    pub(crate) fn unsupported(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Unsupported { at: at.into(), problem: problem.into() }
    }
}

/// API Gateway's own limit for an integration, and its default.
const INTEGRATION_TIMEOUT_MILLIS: u64 = 30_000;

impl Template {
    /// Reads a template. `parameters` take the place of the parameters' defaults.
    ///
    /// # Errors
    /// [`TemplateError`] names the place in the file.
    pub(crate) fn parse(text: &str, parameters: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let root: Yaml = serde_yaml_ng::from_str(text)?;
        let resolver = Resolver::new(&root, parameters)?;
        let globals =
            resolver.resolve("Globals.Function", root.get("Globals").and_then(|g| g.get("Function")))?;
        let mut functions = Vec::new();
        let mut schedules = Vec::new();
        for (id, resource) in resolver.resources_of("AWS::Serverless::Function")? {
            functions.push(function(&id, &globals, &resource)?);
            schedules.extend(schedules_of(&id, &resource)?);
        }
        let (table, ttl_attribute) = table(&resolver)?;
        Ok(Self { routes: routes(&resolver, &functions)?, functions, schedules, table, ttl_attribute })
    }

    /// The function with this binary name or logical id.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.binary == name || f.logical_id == name)
    }

    /// A variable that every function has with the same value, as they do what concerns the deployment as a whole.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.functions.iter().find_map(|f| f.environment.get(name)).map(String::as_str)
    }
}

fn text_at<'a>(value: &'a Json, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Json::as_str)
}

fn function(id: &str, globals: &Json, resource: &Json) -> Result<Function, TemplateError> {
    let at = format!("Resources.{id}");
    let binary = text_at(resource, "/Metadata/BuildProperties/Binary").ok_or_else(|| {
        TemplateError::unsupported(
            &at,
            "Metadata.BuildProperties.Binary is missing: it says which binary this function is",
        )
    })?;
    let mut environment = BTreeMap::new();
    for variables in
        [globals.pointer("/Environment/Variables"), resource.pointer("/Properties/Environment/Variables")]
    {
        for (name, value) in variables.and_then(Json::as_object).into_iter().flatten() {
            environment.insert(
                name.clone(),
                scalar(value).ok_or_else(|| {
                    TemplateError::unsupported(
                        format!("{at}.Properties.Environment.Variables.{name}"),
                        "expected a text or a number",
                    )
                })?,
            );
        }
    }
    let number = |name: &str, default: u64| {
        let own = resource.pointer(&format!("/Properties/{name}")).or_else(|| globals.get(name));
        own.and_then(scalar).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    Ok(Function {
        logical_id: id.to_owned(),
        binary: binary.to_owned(),
        environment,
        // Lambda's own defaults.
        timeout_seconds: number("Timeout", 3),
        memory_megabytes: number("MemorySize", 128),
    })
}

/// CloudFormation takes text, numbers and booleans alike where it wants a text.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn routes(resolver: &Resolver<'_>, functions: &[Function]) -> Result<Vec<RouteDeclaration>, TemplateError> {
    let integrations: BTreeMap<String, Json> =
        resolver.resources_of("AWS::ApiGatewayV2::Integration")?.into_iter().collect();
    let mut routes = Vec::new();
    for (id, route) in resolver.resources_of("AWS::ApiGatewayV2::Route")? {
        let at = format!("Resources.{id}.Properties");
        let route_key = text_at(&route, "/Properties/RouteKey")
            .ok_or_else(|| TemplateError::unsupported(&at, "RouteKey is missing"))?;
        let integration = text_at(&route, "/Properties/Target")
            .and_then(|target| target.strip_prefix("integrations/"))
            .and_then(|id| integrations.get(id))
            .ok_or_else(|| {
                TemplateError::unsupported(&at, "Target is not integrations/ and the id of an integration")
            })?;
        if text_at(integration, "/Properties/PayloadFormatVersion") != Some("2.0") {
            return Err(TemplateError::unsupported(
                &at,
                "the integration's PayloadFormatVersion must be \"2.0\"",
            ));
        }
        let uri = text_at(integration, "/Properties/IntegrationUri").unwrap_or_default();
        let function = functions
            .iter()
            .find(|f| uri.split('/').any(|part| part == function_arn(&f.logical_id)))
            .ok_or_else(|| {
                TemplateError::unsupported(&at, format!("its integration points at no function: {uri:?}"))
            })?;
        routes.push(RouteDeclaration {
            route_key: route_key.to_owned(),
            function: function.logical_id.clone(),
            timeout_millis: integration
                .pointer("/Properties/TimeoutInMillis")
                .and_then(scalar)
                .and_then(|n| n.parse().ok())
                .unwrap_or(INTEGRATION_TIMEOUT_MILLIS),
        });
    }
    Ok(routes)
}

fn schedules_of(id: &str, resource: &Json) -> Result<Vec<Schedule>, TemplateError> {
    let mut found = Vec::new();
    for (name, event) in
        resource.pointer("/Properties/Events").and_then(Json::as_object).into_iter().flatten()
    {
        let at = format!("Resources.{id}.Properties.Events.{name}");
        match text_at(event, "/Type") {
            Some("Schedule" | "ScheduleV2") => {}
            other => {
                return Err(TemplateError::unsupported(
                    at,
                    format!("an event of type {other:?} is not run locally"),
                ));
            }
        }
        let expression = text_at(event, "/Properties/Schedule")
            .or_else(|| text_at(event, "/Properties/ScheduleExpression"))
            .ok_or_else(|| TemplateError::unsupported(&at, "has no schedule expression"))?;
        let input = match text_at(event, "/Properties/Input") {
            Some(text) => serde_json::from_str(text).map_err(|problem| {
                TemplateError::unsupported(&at, format!("Input is not JSON: {problem}"))
            })?,
            None => Json::Object(Map::new()),
        };
        found.push(Schedule { function: id.to_owned(), expression: expression.to_owned(), input });
    }
    Ok(found)
}

/// The properties that CreateTable takes under the same names; the rest are CloudFormation's.
const CREATE_TABLE_PROPERTIES: [&str; 6] = [
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
];

fn table(resolver: &Resolver<'_>) -> Result<(Json, Option<String>), TemplateError> {
    let tables = resolver.resources_of("AWS::DynamoDB::Table")?;
    let [(id, resource)] = tables.as_slice() else {
        return Err(TemplateError::unsupported(
            "Resources",
            format!("expected one DynamoDB table, found {}", tables.len()),
        ));
    };
    let properties = resource
        .get("Properties")
        .and_then(Json::as_object)
        .ok_or_else(|| TemplateError::unsupported(format!("Resources.{id}"), "has no Properties"))?;
    let mut request = Map::new();
    for (name, value) in
        properties.iter().filter(|(name, _)| CREATE_TABLE_PROPERTIES.contains(&name.as_str()))
    {
        request.insert(name.clone(), value.clone());
    }
    request.entry("TableName").or_insert_with(|| id.clone().into());
    if let Some(view) = properties.get("StreamSpecification").and_then(|s| s.get("StreamViewType")) {
        request.insert(
            "StreamSpecification".to_owned(),
            serde_json::json!({ "StreamEnabled": true, "StreamViewType": view }),
        );
    }
    let ttl = text_at(resource, "/Properties/TimeToLiveSpecification/AttributeName").map(str::to_owned);
    Ok((Json::Object(request), ttl))
}

#[cfg(test)]
mod tests;
