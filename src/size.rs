//! Numbers of bytes, for people.

/// A number of bytes in the units of docker and of registries' pages (1 kB = 1000 bytes), with
/// three digits: `999 B`, `1.50 kB`, `31.4 MB`, `2.00 GB`.
pub fn human(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64;
    let mut name = "B";
    for unit in UNITS {
        // What would be rounded to 1000 belongs to the next unit.
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        name = unit;
    }
    let digits = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {name}")
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn three_digits() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (1536, "1.54 kB"),
            (9_996, "10.0 kB"),
            (31_415_926, "31.4 MB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (2_000_000_000, "2.00 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(human(bytes), expected, "{bytes}");
        }
    }
}
