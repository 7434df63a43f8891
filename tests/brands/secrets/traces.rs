//! Recognising a secret in whatever it was written.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use super::inventory::mark;
use crate::support::vendor::Seen;

/// Every way in which a secret can be written.
pub struct Traces(Vec<String>);

impl Traces {
    /// Of the secret of a variable or registry.
    pub fn of(name: &str) -> Self {
        let mark = mark(name);
        let encoded: String = url::form_urlencoded::byte_serialize(mark.as_bytes()).collect();
        let mut all = vec![encoded];
        // In base64 it depends on what goes before: what none of its neighbours change remains.
        for before in 0..3 {
            let bytes = [&vec![0; before], mark.as_bytes()].concat();
            let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
            all.push(BASE64_STANDARD_NO_PAD.encode(&bytes)[own.clone()].to_owned());
            all.push(BASE64_URL_SAFE_NO_PAD.encode(&bytes)[own].to_owned());
        }
        all.push(mark);
        Self(all)
    }

    /// Whether it is in a text.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|form| text.contains(form.as_str()))
    }
}

/// Everything of a request in which a secret could be.
pub fn text(seen: &Seen) -> String {
    let headers = seen.headers.iter();
    let headers: String = headers.map(|(name, v)| format!("{name}: {v}\n")).collect();
    let body = String::from_utf8_lossy(&seen.body);
    format!("{}\n{headers}\n{body}", seen.target)
}

#[test]
fn a_secret_is_found_in_every_form() {
    let (secret, traces) = (mark("A"), Traces::of("A"));
    for around in ["", "a", "ab", "abc", "user:"] {
        let text = format!("{around}{secret}{around}");
        assert!(traces.are_in(&text), "{text}");
        assert!(
            traces.are_in(&BASE64_STANDARD_NO_PAD.encode(&text)),
            "{text}"
        );
        assert!(
            traces.are_in(&BASE64_URL_SAFE_NO_PAD.encode(&text)),
            "{text}"
        );
    }
    assert!(traces.are_in("x=zz%2Ba%3D9&y"));
    assert!(!traces.are_in(&BASE64_STANDARD_NO_PAD.encode(mark("B"))));
}
