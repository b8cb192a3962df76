//! The shape of a work e-mail address: a dot-atom (RFC 5322 §3.2.3) at a host name, in ASCII.

/// Longest address (RFC 5321 §4.5.3.1.3, without the angle brackets) and longest local part, in bytes.
const MAX_ADDRESS: usize = 254;
const MAX_LOCAL: usize = 64;

/// Checks an address and puts its domain into lower case. Quoted local parts and addresses outside ASCII are refused:
/// no directory in use for work has them, and look-alike domains do.
pub(super) fn parse_email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let lengths = text.len() <= MAX_ADDRESS && local.len() <= MAX_LOCAL;
    let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text));
    let labels = domain.contains('.') && domain.split('.').all(is_label);
    (lengths && atoms && labels).then(|| format!("{local}@{}", domain.to_ascii_lowercase()))
}

fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn is_label(label: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&label.len())
        && label.chars().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_pass_with_their_domain_in_lower_case() {
        for (text, expected) in [
            ("Ada.Lovelace@Example.COM", "Ada.Lovelace@example.com"),
            ("a+b@x-y.example.org", "a+b@x-y.example.org"),
            ("guest_gmail.com#EXT#@corp.onmicrosoft.com", "guest_gmail.com#EXT#@corp.onmicrosoft.com"),
        ] {
            assert_eq!(parse_email(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a b@example.com",
            "ada@exa mple.com",
            "ada@@example.com",
            "ada@example..com",
            "ada@-example.com",
            ".ada@example.com",
            "\"a@b\"@example.com",
            "ada@ex\u{e4}mple.com",
            "<ada@example.com>",
            "ada@example.com\n",
            "ada@example.com.",
        ] {
            assert_eq!(parse_email(text), None, "{text}");
        }
        assert_eq!(parse_email(&format!("{}@example.com", "a".repeat(65))), None);
    }
}
