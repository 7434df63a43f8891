//! What a certificate says about itself (X.509, RFC 5280), for people. Nothing is verified by it:
//! that is the business of rustls.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::text::printable;

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for: the common name, else the organisation; fit to be shown.
    pub subject: String,
    /// Who issued it, likewise.
    pub issuer: String,
    /// Whether subject and issuer are the same.
    pub is_self_issued: bool,
    /// Since when it is good.
    pub begins: Timestamp,
    /// Until when.
    pub ends: Timestamp,
    /// The names of hosts that it is for, fit to be shown.
    pub names: Vec<String>,
}

/// Tags of DER (X.690, 8.1.2).
const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;

/// 2.5.4.3 and 2.5.4.10: common name and organisation; 2.5.29.17: other names of the subject.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANISATION: &[u8] = &[0x55, 4, 10];
const OTHER_NAMES: &[u8] = &[0x55, 0x1d, 17];

/// How many names of hosts are kept: certificates of large sites have hundreds.
const MAX_NAMES: usize = 10;

impl Certificate {
    /// Reads one in DER; `None` for what is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let mut whole = Reader(Reader(der).expect(SEQUENCE)?);
        let mut fields = Reader(whole.expect(SEQUENCE)?);
        fields.skip(VERSION);
        let (_serial, _algorithm) = (fields.next()?, fields.next()?);
        let issuer = fields.expect(SEQUENCE)?;
        let mut validity = Reader(fields.expect(SEQUENCE)?);
        let subject = fields.expect(SEQUENCE)?;
        let mut names = Vec::new();
        while let Some((tag, content)) = fields.next() {
            if tag == EXTENSIONS {
                names = host_names(content).unwrap_or_default();
            }
        }
        Some(Self {
            subject: name(subject),
            issuer: name(issuer),
            is_self_issued: subject == issuer,
            begins: time(validity.next()?)?,
            ends: time(validity.next()?)?,
            names,
        })
    }
}

/// Values of DER, one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The tag and the content of the next value.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            // A certificate that is sent in a handshake is shorter than 16 MiB.
            let digits = usize::from(first & 0x7f);
            let (length, after) = rest.split_at_checked(digits).filter(|_| digits <= 3)?;
            rest = after;
            let add = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
            length.iter().fold(0, add)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next value, if that has this tag.
    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(content)
    }

    /// Passes over the next value if it has this tag.
    fn skip(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

/// The part of a name that people know; empty where it has none.
fn name(sequence: &[u8]) -> String {
    let part = |wanted: &[u8]| {
        let mut sets = Reader(sequence);
        while let Some((_, set)) = sets.next() {
            let mut pair = Reader(Reader(set).expect(SEQUENCE)?);
            if pair.expect(OBJECT)? == wanted {
                return pair.next().map(|(_, text)| printable(text));
            }
        }
        None
    };
    part(COMMON_NAME)
        .or_else(|| part(ORGANISATION))
        .unwrap_or_default()
}

/// The names of hosts among the extensions.
fn host_names(extensions: &[u8]) -> Option<Vec<String>> {
    let mut list = Reader(Reader(extensions).expect(SEQUENCE)?);
    while let Some(extension) = list.expect(SEQUENCE) {
        let mut fields = Reader(extension);
        if fields.expect(OBJECT)? != OTHER_NAMES {
            continue;
        }
        while let Some((tag, content)) = fields.next() {
            if tag != OCTETS {
                continue;
            }
            let mut names = Reader(Reader(content).expect(SEQUENCE)?);
            let found = std::iter::from_fn(|| names.next());
            let found = found.filter(|(tag, _)| *tag == DNS_NAME);
            let found = found.map(|(_, name)| printable(name));
            return Some(found.take(MAX_NAMES).collect());
        }
    }
    None
}

/// A time, which has no fractions and no zone but UTC (RFC 5280, 4.1.2.5).
fn time((tag, text): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        (UTC_TIME, year) if year < 50 => format!("20{text}"),
        (UTC_TIME, _) => format!("19{text}"),
        _ => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::Certificate;

    fn der(name: &str, until: i32) -> Vec<u8> {
        let hosts = vec!["registry.example.com".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2020, 2, 29);
        params.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn it_says_who_and_until_when() {
        for (until, ends) in [
            (2031, "2031-12-31T00:00:00Z"),
            (2070, "2070-12-31T00:00:00Z"),
        ] {
            assert_eq!(
                Certificate::read(&der("a\u{1b}[31m", until)),
                Some(Certificate {
                    subject: "a\\u{1b}[31m".to_owned(),
                    issuer: "a\\u{1b}[31m".to_owned(),
                    is_self_issued: true,
                    begins: "2020-02-29T00:00:00Z".parse().unwrap(),
                    ends: ends.parse().unwrap(),
                    names: vec!["registry.example.com".to_owned()],
                })
            );
        }
    }

    #[test]
    fn what_is_cut_or_bent_is_no_certificate() {
        let whole = der("a", 2031);
        for end in 0..whole.len() {
            assert_eq!(Certificate::read(&whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            // Whatever it says, it is read without a panic.
            let _ = Certificate::read(&bent);
        }
    }
}
