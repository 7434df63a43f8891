//! `WWW-Authenticate`: how a registry wants to be told who asks (RFC 9110, section 11.6.1).

/// One way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, in lower case.
    pub scheme: String,
    /// Its parameters, names in lower case, in the order given.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first parameter of this name (lower case).
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The challenges of an answer, in order, from any number of headers.
///
/// What cannot be understood ends its header, and is left out with what follows it. Takes time
/// in proportion to the length of the headers.
pub fn parse<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for header in headers {
        let mut cursor = Cursor { rest: header };
        while let Some(challenge) = cursor.challenge() {
            challenges.push(challenge);
        }
    }
    challenges
}

/// The schemes of challenges, for people.
pub(super) fn offered(challenges: &[Challenge]) -> String {
    let schemes: Vec<&str> = challenges.iter().map(|one| one.scheme.as_str()).collect();
    match schemes.join(", ") {
        none if none.is_empty() => "it names none".to_owned(),
        schemes => schemes,
    }
}

/// What has not been read yet.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn challenge(&mut self) -> Option<Challenge> {
        self.skip(b", \t");
        let scheme = self.take(is_token);
        if scheme.is_empty() || !matches!(self.rest.first(), None | Some(b' ' | b'\t' | b',')) {
            return None;
        }
        let mut challenge = Challenge {
            scheme: text(scheme).to_ascii_lowercase(),
            parameters: Vec::new(),
        };
        self.skip(b" \t");
        if self.skip_token68() {
            return Some(challenge);
        }
        loop {
            self.skip(b", \t");
            let mut ahead = *self;
            let name = ahead.take(is_token);
            ahead.skip(b" \t");
            if name.is_empty() || ahead.rest.first() != Some(&b'=') {
                // The next challenge, or the end.
                return Some(challenge);
            }
            ahead.advance(1);
            ahead.skip(b" \t");
            let value = ahead.value()?;
            *self = ahead;
            let name = text(name).to_ascii_lowercase();
            challenge.parameters.push((name, value));
        }
    }

    /// Passes over a `token68`, which only schemes that no registry uses have.
    fn skip_token68(&mut self) -> bool {
        let mut ahead = *self;
        let found = ahead.take(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        ahead.skip(b"=");
        ahead.skip(b" \t");
        let complete = !found.is_empty() && matches!(ahead.rest.first(), None | Some(b','));
        if complete {
            *self = ahead;
        }
        complete
    }

    /// A parameter's value. Some servers leave the quotes away from addresses, so everything up
    /// to a comma or white space counts.
    fn value(&mut self) -> Option<String> {
        if self.rest.first() != Some(&b'"') {
            let value = self.take(|byte| !b", \t\"".contains(&byte));
            return Some(text(value));
        }
        self.advance(1);
        let mut value = Vec::new();
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(text(&value)),
                b'\\' => {
                    value.push(*self.rest.first()?);
                    self.advance(1);
                }
                byte => value.push(byte),
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !wanted(*byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn skip(&mut self, bytes: &[u8]) {
        self.take(|byte| bytes.contains(&byte));
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// `scheme name=value ...; scheme ...`, with values as Rust shows them.
    fn read(headers: &[&str]) -> String {
        let challenges = parse(headers.iter().map(|header| header.as_bytes()));
        let shown = challenges.iter().map(|challenge| {
            let parameters = challenge.parameters.iter();
            let parameters = parameters.map(|(name, value)| format!(" {name}={value:?}"));
            format!("{}{}", challenge.scheme, parameters.collect::<String>())
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn registries_challenges() {
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#,
                r#"bearer realm="https://auth.docker.io/token" service="registry.docker.io""#,
            ),
            (
                r#"BEARER Realm = "https://a/t" , SERVICE=s,scope="repository:a:pull,push""#,
                r#"bearer realm="https://a/t" service="s" scope="repository:a:pull,push""#,
            ),
            (
                r#"Basic realm="Registry \"Realm\"\\""#,
                r#"basic realm="Registry \"Realm\"\\""#,
            ),
            (
                "Bearer realm=https://a/t?x=1,service=s",
                r#"bearer realm="https://a/t?x=1" service="s""#,
            ),
            (
                r#"Bearer realm="https://a/t", Basic realm="r""#,
                r#"bearer realm="https://a/t"; basic realm="r""#,
            ),
            ("Negotiate, Basic realm=r", r#"negotiate; basic realm="r""#),
            (
                "NTLM TlRMTVNTUAAB==, Basic realm=r",
                r#"ntlm; basic realm="r""#,
            ),
            (
                ",, Basic , realm=r ,, Digest a=b",
                r#"basic realm="r"; digest a="b""#,
            ),
            ("Basic", "basic"),
        ] {
            assert_eq!(read(&[header]), expected, "{header}");
        }
        assert_eq!(
            read(&["Bearer realm=\"https://a/t\"", "Basic realm=\"r\""]),
            "bearer realm=\"https://a/t\"; basic realm=\"r\""
        );
    }

    #[test]
    fn nonsense_is_left_out() {
        for header in [
            "",
            ",",
            "=",
            "\"",
            "Bearer realm=\"unterminated",
            "Basic\u{1}x",
            "a\\b",
            "Basic:x",
        ] {
            assert_eq!(read(&[header]), "", "{header:?}");
        }
        assert_eq!(
            read(&["Basic realm=r, @@@, Bearer realm=x", "Basic realm=second"]),
            r#"basic realm="r"; basic realm="second""#
        );
        assert_eq!(
            parse([b"Basic realm=\"\xff\"".as_slice()])[0].parameter("realm"),
            Some("\u{fffd}")
        );
    }
}
