//! Settings: what a deployment says about itself. [`Config::from_env`] is the only place that reads the environment.

mod dns;
mod portal;
mod public_url;

use std::fmt;

pub use dns::DnsConfig;
pub use portal::PortalConfig;
pub use public_url::PublicUrl;
pub(crate) use public_url::{has_user_info, is_loopback};

/// The settings of one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the DynamoDB table.
    pub table_name: String,
    /// Address that browsers, applications and identity providers use.
    pub public_url: PublicUrl,
    /// Id, ARN or alias of the KMS key under which the vault's data keys are sealed.
    pub kms_key_id: String,
    /// OAuth client id of the application, one per deployment.
    pub client_id: String,
    /// Seconds by which readers of the event log stay behind now (1 to 60).
    pub event_lag_seconds: u32,
    /// Seconds by which an identity provider's clock may differ from ours (0 to 300).
    pub clock_skew_seconds: u32,
    /// The least severe log line that is written.
    pub log_level: LogLevel,
    /// How domains are proved.
    pub dns: DnsConfig,
    /// How the admin portal looks, and from whom its mail comes.
    pub portal: PortalConfig,
}

impl Config {
    /// The names of all variables, each of them required. template.yaml sets exactly these.
    pub const VARIABLES: &[&str] = &[
        "TABLE_NAME",
        "PUBLIC_URL",
        "KMS_KEY_ID",
        "CLIENT_ID",
        "EVENT_LAG_SECONDS",
        "CLOCK_SKEW_SECONDS",
        "LOG_LEVEL",
        "DNS_RECORD_LABEL",
        "DNS_VALUE_PREFIX",
        "DNS_PROOF_ZONE",
        "DNS_RESOLVERS",
        "DNS_NAME_SERVER_PORT",
        "HOSTED_ZONE_IDS",
        "APP_NAME",
        "LOGO_URL",
        "ACCENT_COLOR",
        "MAIL_FROM",
    ];

    /// Reads the settings from the process environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or ill-formed.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(&environment)
    }

    /// Reads the settings from `var`, which answers the value of a variable by its name.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or ill-formed.
    pub fn from_vars(var: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { var, problems: Vec::new() };
        let table_name =
            reader.read("TABLE_NAME", "3 to 255 of the characters a-z A-Z 0-9 _ . -", table_name);
        let public_url = reader.read("PUBLIC_URL", PublicUrl::EXPECTED, PublicUrl::parse);
        let kms_key_id = reader.read("KMS_KEY_ID", "the id, ARN or alias of a KMS key", not_blank);
        let client_id = reader.read("CLIENT_ID", "client_ followed by 1 to 64 letters and digits", client_id);
        let event_lag_seconds =
            reader.read("EVENT_LAG_SECONDS", "a whole number of seconds from 1 to 60", |v| seconds(v, 1, 60));
        let clock_skew_seconds =
            reader.read("CLOCK_SKEW_SECONDS", "a whole number of seconds from 0 to 300", |v| {
                seconds(v, 0, 300)
            });
        let log_level = reader.read("LOG_LEVEL", "error, warn, info, debug or trace", LogLevel::parse);
        let dns = DnsConfig::read(&mut reader);
        let portal = PortalConfig::read(&mut reader);

        match (
            table_name,
            public_url,
            kms_key_id,
            client_id,
            event_lag_seconds,
            clock_skew_seconds,
            log_level,
            dns,
            portal,
        ) {
            (
                Some(table_name),
                Some(public_url),
                Some(kms_key_id),
                Some(client_id),
                Some(event_lag_seconds),
                Some(clock_skew_seconds),
                Some(log_level),
                Some(dns),
                Some(portal),
            ) => Ok(Self {
                table_name,
                public_url,
                kms_key_id,
                client_id,
                event_lag_seconds,
                clock_skew_seconds,
                log_level,
                dns,
                portal,
            }),
            _ => Err(ConfigError { problems: reader.problems }),
        }
    }
}

/// The value of an environment variable, if it is set and is Unicode.
// The one reading of the environment: everything else is told.
#[allow(clippy::disallowed_methods)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads variables and gathers what is wrong with them, so that one run reports all of it.
pub(crate) struct Reader<'a> {
    pub(crate) var: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) problems: Vec<ConfigProblem>,
}

impl Reader<'_> {
    pub(crate) fn read<T>(
        &mut self,
        variable: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let got = (self.var)(variable);
        let value = got.as_deref().and_then(parse);
        if value.is_none() {
            self.problems.push(ConfigProblem { variable, expected, got });
        }
        value
    }
}

/// The settings can't be used. Its text lists every problem, one a line.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// What is wrong, in the order of [`Config::VARIABLES`]; never empty.
    pub problems: Vec<ConfigProblem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings can't be used")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// The same text: it is what a `main` that ends in this error prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One variable that is missing or ill-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The variable's name.
    pub variable: &'static str,
    /// What it has to be.
    pub expected: &'static str,
    /// What it is; `None` if it isn't set.
    pub got: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, ", self.variable, self.expected)?;
        match &self.got {
            Some(got) => write!(f, "got {got:?}"),
            None => write!(f, "but it is not set"),
        }
    }
}

/// The least severe log line that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what needs somebody's attention.
    Error,
    /// Also what was refused or retried.
    Warn,
    /// Also one line per request: the default.
    Info,
    /// Also decisions inside a request.
    Debug,
    /// Everything that we write.
    Trace,
}

impl LogLevel {
    fn parse(value: &str) -> Option<Self> {
        match value {
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "info" => Some(Self::Info),
            "debug" => Some(Self::Debug),
            "trace" => Some(Self::Trace),
            _ => None,
        }
    }

    /// The level's name, as in the variable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// DynamoDB's own rule for table names.
fn table_name(value: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    ((3..=255).contains(&value.len()) && value.chars().all(allowed)).then(|| value.to_owned())
}

pub(crate) fn not_blank(value: &str) -> Option<String> {
    (!value.trim().is_empty()).then(|| value.to_owned())
}

fn client_id(value: &str) -> Option<String> {
    let rest = value.strip_prefix("client_")?;
    let plain = (1..=64).contains(&rest.len()) && rest.chars().all(|c| c.is_ascii_alphanumeric());
    plain.then(|| value.to_owned())
}

fn seconds(value: &str, least: u32, most: u32) -> Option<u32> {
    value.parse().ok().filter(|seconds| (least..=most).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        ("TABLE_NAME", "portico"),
        ("PUBLIC_URL", "https://sso.example.com/"),
        ("KMS_KEY_ID", "alias/portico"),
        ("CLIENT_ID", "client_portico"),
        ("EVENT_LAG_SECONDS", "10"),
        ("CLOCK_SKEW_SECONDS", "120"),
        ("LOG_LEVEL", "info"),
        ("DNS_RECORD_LABEL", "_portico"),
        ("DNS_VALUE_PREFIX", "portico-verification"),
        ("DNS_PROOF_ZONE", ""),
        ("DNS_RESOLVERS", "1.1.1.1,8.8.8.8,9.9.9.9"),
        ("DNS_NAME_SERVER_PORT", "53"),
        ("HOSTED_ZONE_IDS", ""),
        ("APP_NAME", "Example"),
        ("LOGO_URL", ""),
        ("ACCENT_COLOR", "#2f4fd0"),
        ("MAIL_FROM", ""),
    ];

    fn read(overrides: &[(&str, Option<&str>)]) -> Result<Config, ConfigError> {
        Config::from_vars(&|name| {
            let changed = overrides.iter().find(|(key, _)| *key == name);
            let given = GOOD.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            changed.map_or(given, |(_, value)| *value).map(str::to_owned)
        })
    }

    #[test]
    fn the_settings_of_the_template_are_read() {
        let config = read(&[]).unwrap();
        assert_eq!(config.table_name, "portico");
        assert_eq!(config.public_url.as_str(), "https://sso.example.com");
        assert_eq!((config.event_lag_seconds, config.clock_skew_seconds), (10, 120));
        assert_eq!(config.log_level, LogLevel::Info);
    }

    #[test]
    fn every_variable_is_required_and_all_problems_are_reported_at_once() {
        let error = Config::from_vars(&|_| None).unwrap_err();
        let named: Vec<&str> = error.problems.iter().map(|problem| problem.variable).collect();
        assert_eq!(named, Config::VARIABLES);
    }

    #[test]
    fn an_ill_formed_variable_is_reported_with_what_was_expected_and_what_came() {
        let error = read(&[("EVENT_LAG_SECONDS", Some("soon")), ("LOG_LEVEL", None)]).unwrap_err();
        insta::assert_snapshot!(error, @r#"
        the settings can't be used
          EVENT_LAG_SECONDS: expected a whole number of seconds from 1 to 60, got "soon"
          LOG_LEVEL: expected error, warn, info, debug or trace, but it is not set
        "#);
    }

    #[test]
    fn numbers_outside_their_limits_are_refused() {
        for (name, value) in [
            ("EVENT_LAG_SECONDS", "0"),
            ("EVENT_LAG_SECONDS", "61"),
            ("CLOCK_SKEW_SECONDS", "301"),
            ("CLOCK_SKEW_SECONDS", "-1"),
        ] {
            let error = read(&[(name, Some(value))]).unwrap_err();
            assert_eq!(error.problems.len(), 1, "{name}={value}");
        }
    }
}
