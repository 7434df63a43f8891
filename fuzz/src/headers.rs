//! Headers; each line of the input is one.

use dockside::auth::challenge::parse;
use dockside::oci::link::next;
use url::Url;

/// `WWW-Authenticate`: nothing is read that was not there.
pub fn challenge(bytes: &[u8]) {
    let read = parse(bytes.split(|byte| *byte == b'\n'));
    let parameters = read.iter().flat_map(|one| &one.parameters);
    let values = parameters.map(|(name, value)| name.chars().count() + value.chars().count());
    let schemes = read.iter().map(|one| one.scheme.len());
    assert!(schemes.chain(values).sum::<usize>() <= bytes.len());
    for challenge in &read {
        for (name, _) in &challenge.parameters {
            assert!(challenge.parameter(name).is_some());
        }
    }
}

/// `Link`: a list stays at its registry.
pub fn link(bytes: &[u8]) {
    let asked = Url::parse("https://r.example.com:5000/v2/a/tags/list?n=1").expect("it is a URL");
    let headers = bytes.split(|byte| *byte == b'\n');
    if let Ok(Some(url)) = next(headers, &asked) {
        assert_eq!(url.origin(), asked.origin());
        assert_eq!(
            (url.username(), url.password(), url.fragment()),
            ("", None, None)
        );
    }
}
