//! What the IdP says about the request itself (saml-core §3.2.2).

use super::PROTOCOL_NS;
use super::refusal::{Reason, Refusal};
use crate::xml::Element;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:status:";

/// Lets a Success through and turns anything else into the reason that its most specific code names. The message may
/// be unsigned: it signs nobody in, it only tells the admin what the IdP says.
pub(super) fn check_status(response: Element<'_>) -> Result<(), Refusal> {
    let status = response.only_child(PROTOCOL_NS, "Status").ok_or(Reason::StatusMissing)?;
    let top = status.only_child(PROTOCOL_NS, "StatusCode").ok_or(Reason::StatusMissing)?;
    let code = top.attribute("Value").unwrap_or_default();
    if code == SUCCESS {
        return Ok(());
    }
    let second = top.only_child(PROTOCOL_NS, "StatusCode").and_then(|e| e.attribute("Value"));
    let reason = match second.unwrap_or(code).strip_prefix(PREFIX) {
        Some("AuthnFailed") => Reason::AuthnFailed,
        Some("RequestDenied") => Reason::RequestDenied,
        Some("NoPassive") => Reason::NoPassive,
        Some("NoAuthnContext") => Reason::NoAuthnContext,
        Some("InvalidNameIDPolicy") => Reason::InvalidNameIdPolicy,
        Some(
            "VersionMismatch" | "RequestVersionDeprecated" | "RequestVersionTooHigh" | "RequestVersionTooLow",
        ) => Reason::RequestVersionRefused,
        _ => Reason::StatusNotSuccess,
    };
    let message = status.only_child(PROTOCOL_NS, "StatusMessage").map(Element::text).unwrap_or_default();
    let parts = [code, second.unwrap_or_default(), &message];
    let said: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Err(Refusal::new(reason).expected(SUCCESS).received(&said.join(" / ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{document_element, parse};

    fn refusal(status: &str) -> Option<Refusal> {
        let text = format!("<p:Response xmlns:p='{PROTOCOL_NS}'>{status}</p:Response>");
        let document = parse(&text).unwrap();
        check_status(document_element(&document).unwrap()).err()
    }

    #[test]
    fn success_passes_and_a_missing_status_does_not() {
        assert_eq!(refusal(&format!("<p:Status><p:StatusCode Value='{SUCCESS}'/></p:Status>")), None);
        assert_eq!(refusal("").unwrap().reason, Reason::StatusMissing);
        assert_eq!(refusal("<p:Status/>").unwrap().reason, Reason::StatusMissing);
    }

    #[test]
    fn the_second_level_code_decides_and_the_message_is_kept() {
        let status = format!(
            "<p:Status><p:StatusCode Value='{PREFIX}Responder'><p:StatusCode Value='{PREFIX}AuthnFailed'/></p:StatusCode>\
             <p:StatusMessage> locked out </p:StatusMessage></p:Status>"
        );
        let refusal = refusal(&status).unwrap();
        assert_eq!(refusal.reason, Reason::AuthnFailed);
        assert!(refusal.received.unwrap().ends_with("AuthnFailed / locked out"));
    }

    #[test]
    fn success_below_a_failure_is_a_failure() {
        let status = format!(
            "<p:Status><p:StatusCode Value='{PREFIX}Responder'><p:StatusCode Value='{SUCCESS}'/></p:StatusCode></p:Status>"
        );
        assert_eq!(refusal(&status).unwrap().reason, Reason::StatusNotSuccess);
    }
}
