//! Ranges of bytes in answers: of a part of a blob (RFC 9110, section 14.4), and of what an upload
//! has (OCI distribution specification, "Pushing a blob in chunks").

/// `Content-Range`: which bytes a part has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The offset of the first byte.
    pub(super) first: u64,
    /// The size of the whole, if that is said.
    pub(super) total: Option<u64>,
}

/// Reads `bytes FIRST-LAST/TOTAL`.
pub(super) fn part(header: &str) -> Option<Part> {
    let range = header.trim().strip_prefix("bytes ")?;
    let (range, total) = range.split_once('/')?;
    let (first, last) = bounds(range)?;
    let total = match total.trim() {
        "*" => None,
        total => Some(number(total)?).filter(|total| *total > last),
    };
    Some(Part { first, total })
}

/// Reads the `Range` of an upload, `0-LAST` with or without `bytes=` before it: how many bytes
/// the registry has. `0-0` says nothing: by the specification that is one byte, and distribution
/// says so of none.
pub(super) fn received(header: &str) -> Option<u64> {
    let range = header.trim();
    let (first, last) = bounds(range.strip_prefix("bytes=").unwrap_or(range))?;
    (first == 0 && last > 0).then(|| last.checked_add(1))?
}

fn bounds(range: &str) -> Option<(u64, u64)> {
    let (first, last) = range.trim().split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// A number of bytes, as headers write it: digits alone; `parse` would also take a sign.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::Config;

    use super::{Part, part, received};

    #[test]
    fn parts_name_their_bytes() {
        let of = |first, total| Some(Part { first, total });
        assert_eq!(part("bytes 5-9/10"), of(5, Some(10)));
        assert_eq!(part("bytes 0-0/*"), of(0, None));
        for bad in [
            "",
            "bytes",
            "bytes */10",
            "5-9/10",
            "bytes 9-5/10",
            "bytes +5-9/10",
            "bytes 5-9",
            "bytes 5-99999999999999999999/10",
        ] {
            assert_eq!(part(bad), None, "{bad}");
        }
        assert_eq!(part("bytes 5-9/9"), of(5, None));
    }

    #[test]
    fn uploads_say_what_they_have() {
        assert_eq!(received("0-99"), Some(100));
        assert_eq!(received(" bytes=0-99 "), Some(100));
        for bad in [
            "0-0",
            "",
            "1-2",
            "0--1",
            "0-18446744073709551615",
            "x",
            "0-",
        ] {
            assert_eq!(received(bad), None, "{bad}");
        }
    }

    proptest! {
        // Without files of what failed: proptest prints it.
        #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

        #[test]
        fn ranges_are_read_as_they_were_written(first: u64, more: u32, rest: u32) {
            let last = first.saturating_add(more.into());
            let total = last.checked_add(1).and_then(|size| size.checked_add(rest.into()));
            let written = total.map_or("*".to_owned(), |total| total.to_string());
            let found = part(&format!("bytes {first}-{last}/{written}"));
            prop_assert_eq!(found, Some(Part { first, total }));
            let size = last.checked_add(1).filter(|size| *size > 1);
            prop_assert_eq!(received(&format!("0-{last}")), size);
            prop_assert_eq!(received(&format!("bytes=0-{last}")), size);
        }

        #[test]
        fn no_range_panics(text in "(bytes[ =])?[0-9*/ -]{0,45}|\\PC*") {
            if let Some(found) = part(&text) {
                prop_assert!(found.total.is_none_or(|total| total > found.first));
            }
            prop_assert!(received(&text).is_none_or(|size| size > 1));
        }
    }
}
