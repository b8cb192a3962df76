use super::*;

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  TableName: { Type: String, Default: portico }
  LagSeconds: { Type: Number, Default: 10 }
  DomainName: { Type: String, Default: "" }
Conditions:
  HasDomain: !Not [!Equals [!Ref DomainName, ""]]
Globals:
  Function:
    Timeout: 10
    Environment:
      Variables:
        TABLE_NAME: !Ref Table
        PUBLIC_URL: !If [HasDomain, !Sub "https://${DomainName}", !GetAtt Api.ApiEndpoint]
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: !Ref TableName
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: pk, AttributeType: S }
        - { AttributeName: sk, AttributeType: S }
      KeySchema:
        - { AttributeName: pk, KeyType: HASH }
        - { AttributeName: sk, KeyType: RANGE }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: !Ref "AWS::StackName", ProtocolType: HTTP }
  SsoFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: sso } }
    Properties:
      CodeUri: .
      Handler: bootstrap
      MemorySize: 512
      Environment:
        Variables:
          LAG: !Ref LagSeconds
          ONLY_WITH_DOMAIN: !If [HasDomain, "yes", !Ref "AWS::NoValue"]
      Events:
        Sweep: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(5 minutes), Input: '{"portico_schedule":"due"}' } }
  SsoIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${SsoFunction.Arn}/invocations
      PayloadFormatVersion: "2.0"
  AuthorizeRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /sso/authorize
      Target: !Join ["/", [integrations, !Ref SsoIntegration]]
"#;

fn parse(text: &str) -> Template {
    Template::parse(text, &BTreeMap::new()).unwrap()
}

fn refusal(text: &str) -> String {
    Template::parse(text, &BTreeMap::new()).unwrap_err().to_string()
}

#[test]
fn a_route_leads_through_its_integration_to_its_function() {
    assert_eq!(
        parse(TEMPLATE).routes,
        [RouteDeclaration {
            route_key: "GET /sso/authorize".to_owned(),
            function: "SsoFunction".to_owned(),
            timeout_millis: 30_000,
        }]
    );
}

#[test]
fn a_function_has_the_variables_of_globals_and_its_own_with_parameters_filled_in() {
    let template = parse(TEMPLATE);
    let sso = template.function("sso").unwrap();
    let variables: Vec<_> = sso.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        variables,
        ["LAG=10", "PUBLIC_URL=https://Api.execute-api.eu-west-1.amazonaws.com", "TABLE_NAME=portico",]
    );
    assert_eq!((sso.timeout_seconds, sso.memory_megabytes), (10, 512));
}

#[test]
fn a_parameter_given_takes_the_place_of_its_default_in_conditions_too() {
    let parameters = BTreeMap::from([("DomainName".to_owned(), "login.example.com".to_owned())]);
    let template = Template::parse(TEMPLATE, &parameters).unwrap();
    let environment = &template.function("sso").unwrap().environment;
    assert_eq!(environment["PUBLIC_URL"], "https://login.example.com");
    assert_eq!(environment["ONLY_WITH_DOMAIN"], "yes");
}

#[test]
fn the_table_is_what_create_table_takes() {
    let template = parse(TEMPLATE);
    assert_eq!(template.table["TableName"], "portico");
    assert_eq!(template.table["StreamSpecification"]["StreamEnabled"], true);
    assert_eq!(template.table["KeySchema"][1]["KeyType"], "RANGE");
    assert_eq!(template.ttl_attribute.as_deref(), Some("expires_at"));
}

#[test]
fn a_schedule_carries_its_expression_and_its_event() {
    assert_eq!(
        parse(TEMPLATE).schedules,
        [Schedule {
            function: "SsoFunction".to_owned(),
            expression: "rate(5 minutes)".to_owned(),
            input: serde_json::json!({ "portico_schedule": "due" }),
        }]
    );
}

#[test]
fn what_is_not_known_is_named_with_its_place() {
    let text = TEMPLATE.replace("LAG: !Ref LagSeconds", "LAG: !ImportValue lag");
    assert_eq!(
        refusal(&text),
        "template.yaml, Resources.SsoFunction.Properties.Environment.Variables.LAG: the intrinsic function \
         Fn::ImportValue is not known to the local program"
    );
    let text = TEMPLATE.replace("LAG: !Ref LagSeconds", "LAG: !Ref LagMinutes");
    assert!(
        refusal(&text).contains("LagMinutes is neither a parameter nor a resource"),
        "{}",
        refusal(&text)
    );
    let text = TEMPLATE.replace("!Ref SsoIntegration", "nowhere");
    assert!(refusal(&text).contains("Resources.AuthorizeRoute.Properties: Target"), "{}", refusal(&text));
}
