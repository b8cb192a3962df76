//! The deployment's accent colour, made readable: darkened on light pages and lightened on dark ones until text of it has a
//! contrast of 4.5 to 1 (WCAG 2.2 §1.4.3).

/// The surfaces of the stylesheet on which the accent is read.
const LIGHT: [u8; 3] = [0xff, 0xff, 0xff];
const DARK: [u8; 3] = [0x18, 0x1b, 0x24];
const ENOUGH: f64 = 4.6;

/// The stylesheet that sets an accent, `#rrggbb`; `None` where it isn't one.
pub(crate) fn stylesheet(accent: &str) -> Option<String> {
    let colour = parse(accent)?;
    let rule = |surface: [u8; 3], towards: [u8; 3]| {
        let accent = readable(colour, surface, towards);
        let strong = mixed(accent, towards, 0.15);
        let on = if contrast(accent, LIGHT) >= contrast(accent, [0; 3]) { LIGHT } else { [0x0b, 0x0d, 0x14] };
        let (accent, strong, on) = (hex(accent), hex(strong), hex(on));
        format!(":root {{ --accent: {accent}; --accent-strong: {strong}; --on-accent: {on}; }}")
    };
    let (light, dark) = (rule(LIGHT, [0; 3]), rule(DARK, [0xff; 3]));
    Some(format!("{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"))
}

fn parse(text: &str) -> Option<[u8; 3]> {
    let bytes = hex::decode(text.strip_prefix('#')?).ok()?;
    <[u8; 3]>::try_from(bytes).ok()
}

fn hex(colour: [u8; 3]) -> String {
    format!("#{}", hex::encode(colour))
}

/// The colour, moved towards another until it can be read on a surface.
fn readable(colour: [u8; 3], surface: [u8; 3], towards: [u8; 3]) -> [u8; 3] {
    let steps = (0..=20).map(|step| mixed(colour, towards, f64::from(step) / 20.0));
    let mut readable = steps.filter(|mixed| contrast(*mixed, surface) >= ENOUGH);
    readable.next().unwrap_or(towards)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 255 by construction
fn mixed(one: [u8; 3], other: [u8; 3], share: f64) -> [u8; 3] {
    let mut mixed = one;
    for (channel, other) in mixed.iter_mut().zip(other) {
        *channel = (f64::from(*channel) * (1.0 - share) + f64::from(other) * share).round() as u8;
    }
    mixed
}

/// WCAG 2.2, contrast ratio.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_accent_can_be_read_on_light_and_on_dark() {
        for colour in ["#2f4fd0", "#ffff00", "#000000", "#ffffff", "#ff0000", "#777777", "#00e5ff"] {
            let parsed = parse(colour).unwrap();
            assert!(contrast(readable(parsed, LIGHT, [0; 3]), LIGHT) >= 4.5, "{colour}");
            assert!(contrast(readable(parsed, DARK, [0xff; 3]), DARK) >= 4.5, "{colour}");
        }
        assert!((contrast(LIGHT, [0; 3]) - 21.0).abs() < 0.01);
        assert_eq!(stylesheet("red"), None);
    }
}
