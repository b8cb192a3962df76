//! Markdown tables, and what is aimed at.

/// Prints a table. Every column but the first is of numbers.
pub(crate) fn print(head: &[&str], rows: &[Vec<String>]) {
    println!("| {} |", head.join(" | "));
    println!("|---{}|", "|--:".repeat(head.len() - 1));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}

/// A figure and its target: the most that it may be, in `unit`.
pub(crate) struct Aim {
    pub(crate) what: String,
    pub(crate) most: f64,
    pub(crate) measured: f64,
    pub(crate) unit: &'static str,
}

/// Prints targets beside what was measured.
pub(crate) fn print_aims(aims: &[Aim]) {
    let rows: Vec<_> = aims
        .iter()
        .map(|Aim { what, most, measured, unit }| {
            let verdict = if measured <= most { "met" } else { "**missed**" };
            vec![
                what.clone(),
                format!("≤ {most} {unit}"),
                format!("{} {unit}", short(*measured)),
                verdict.to_owned(),
            ]
        })
        .collect();
    print(&["what", "target", "measured", ""], &rows);
}

/// Three digits that mean something.
pub(crate) fn short(number: f64) -> String {
    match number {
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// The value below which this share of the sorted values lies.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[((last as f64) * share).round() as usize]
}

/// The same values in order.
pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_three_is_the_middle_one_and_the_last_hundredth_the_largest() {
        let values = sorted([3.0, 1.0, 2.0]);
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.99)), (2.0, 3.0));
    }

    #[test]
    fn numbers_keep_about_three_digits() {
        assert_eq!([1.234, 12.34, 123.4].map(short), ["1.23", "12.3", "123"]);
    }
}
