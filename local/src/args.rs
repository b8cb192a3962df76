//! The command line.

use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
portico: the whole of Portico on this machine

Usage: cargo run -- [options]

  --port N            port of the API on 127.0.0.1; 0 takes a free one (default 4400)
  --data DIR          where data is kept from one run to the next (default .portico)
  --fresh             starts without the data of earlier runs: it is deleted
  --redirect-uri URI  registers one more redirect URI; may be repeated
  --public-url URL    the address that browsers use, when a TLS proxy stands before the port
  --binaries DIR      runs the built Lambda binaries in DIR (DIR/sso/bootstrap, or what sam build leaves in
                      .aws-sam/build) instead of the functions in this process
  --json              prints one line of JSON when ready, and nothing else, on standard output
  --help              prints this
";

/// The options given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    /// Port of the API; 0 takes a free one.
    pub port: u16,
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// Earlier data is deleted.
    pub fresh: bool,
    /// More redirect URIs to register.
    pub redirect_uris: Vec<String>,
    /// The address that browsers use, when it isn't the port's own.
    pub public_url: Option<String>,
    /// Where built binaries are, to run instead of the functions in this process.
    pub binaries: Option<PathBuf>,
    /// One line of JSON instead of text for people.
    pub json: bool,
    /// Only the help was asked for.
    pub help: bool,
}

/// A command line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgsError {
    /// No such option.
    #[error("there is no option {0}. --help lists them")]
    Unknown(String),
    /// The option wants a value, and the line ends.
    #[error("{0} wants a value. --help says which")]
    MissingValue(String),
    /// Not a port.
    #[error("--port wants a number from 0 to 65535, not {0:?}")]
    Port(String),
}

impl Args {
    /// Reads what follows the program's name.
    ///
    /// # Errors
    /// [`ArgsError`] is a sentence for whoever typed it.
    pub fn parse(given: impl IntoIterator<Item = String>) -> Result<Self, ArgsError> {
        let mut args = Self {
            port: 4400,
            data_dir: PathBuf::from(".portico"),
            fresh: false,
            redirect_uris: Vec::new(),
            public_url: None,
            binaries: None,
            json: false,
            help: false,
        };
        let mut given = given.into_iter();
        while let Some(option) = given.next() {
            let mut value = || given.next().ok_or_else(|| ArgsError::MissingValue(option.clone()));
            match option.as_str() {
                "--port" => {
                    let text = value()?;
                    args.port = text.parse().map_err(|_| ArgsError::Port(text))?;
                }
                "--data" => args.data_dir = value()?.into(),
                "--redirect-uri" => args.redirect_uris.push(value()?),
                "--public-url" => args.public_url = Some(value()?),
                "--binaries" => args.binaries = Some(value()?.into()),
                "--fresh" => args.fresh = true,
                "--json" => args.json = true,
                "--help" | "-h" => args.help = true,
                _ => return Err(ArgsError::Unknown(option)),
            }
        }
        Ok(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, ArgsError> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let line = "--port 0 --data d --fresh --redirect-uri http://a --redirect-uri http://b --public-url https://c \
                    --binaries e --json";
        assert_eq!(
            parse(line),
            Ok(Args {
                port: 0,
                data_dir: "d".into(),
                fresh: true,
                redirect_uris: vec!["http://a".to_owned(), "http://b".to_owned()],
                public_url: Some("https://c".to_owned()),
                binaries: Some("e".into()),
                json: true,
                help: false,
            })
        );
        for option in HELP.lines().filter_map(|line| line.trim_start().split(' ').next()) {
            if option.starts_with("--") {
                assert!(!matches!(parse(option), Err(ArgsError::Unknown(_))), "{option}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_said_in_a_sentence() {
        assert_eq!(
            parse("--prot 1").unwrap_err().to_string(),
            "there is no option --prot. --help lists them"
        );
        assert_eq!(parse("--port").unwrap_err().to_string(), "--port wants a value. --help says which");
        assert_eq!(
            parse("--port 70000").unwrap_err().to_string(),
            "--port wants a number from 0 to 65535, not \"70000\""
        );
    }
}
