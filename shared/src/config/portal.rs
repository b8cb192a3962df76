//! Settings of the admin portal: how it looks, and from whom its mail comes.

use super::{Reader, is_loopback};
use url::Url;

/// The longest name of the application, in characters.
const MOST_NAME_CHARACTERS: usize = 60;

/// How the admin portal looks, and from whom its mail comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortalConfig {
    /// The application's name, as its customers know it.
    pub app_name: Option<String>,
    /// The address of the application's logo.
    pub logo_url: Option<String>,
    /// The accent colour, `#rrggbb`.
    pub accent: Option<String>,
    /// From which address mail is sent; `None` where none is.
    pub mail_from: Option<String>,
}

impl PortalConfig {
    /// Reads the settings; `None` where a variable is missing or ill-formed, which `reader` then knows.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let app_name =
            reader.read("APP_NAME", "the application's name of at most 60 characters, or nothing", |text| {
                optional(text, |text| {
                    text.chars().count() <= MOST_NAME_CHARACTERS && !text.chars().any(char::is_control)
                })
            });
        let logo_url = reader.read("LOGO_URL", "the https address of a picture, or nothing", |text| {
            optional(text, is_picture)
        });
        let accent = reader
            .read("ACCENT_COLOR", "a colour such as #2f4fd0, or nothing", |text| optional(text, is_colour));
        let mail_from =
            reader.read("MAIL_FROM", "an e-mail address that SES sends from, or nothing", |text| {
                optional(text, is_address)
            });
        Some(Self { app_name: app_name?, logo_url: logo_url?, accent: accent?, mail_from: mail_from? })
    }
}

/// `Some(None)` for nothing, `None` for something that isn't right.
fn optional(text: &str, right: impl FnOnce(&str) -> bool) -> Option<Option<String>> {
    match text {
        "" => Some(None),
        text => right(text).then(|| Some(text.to_owned())),
    }
}

fn is_picture(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    })
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether SES could send from it; SES alone knows whether it will.
fn is_address(text: &str) -> bool {
    let (name, domain) = text.split_once('@').unwrap_or_default();
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
    plain(name) && plain(domain) && domain.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_out_of_a_style_sheet_or_a_policy_is_no_setting() {
        assert!(is_colour("#2F4fd0") && !is_colour("2f4fd0") && !is_colour("#2f4fd0;}") && !is_colour("red"));
        assert!(is_picture("https://cdn.example.com/logo.svg") && !is_picture("javascript:alert(1)"));
        assert!(!is_picture("http://cdn.example.com/logo.svg"));
    }

    #[test]
    fn mail_comes_from_an_address() {
        assert!(is_address("portico@acme.com") && !is_address("acme.com") && !is_address("portico@"));
        assert!(
            !is_address("a@b@acme.com")
                && !is_address("Acme <portico@acme.com>")
                && !is_address("a@localhost")
        );
    }
}
