//! Digests, and the check of bytes against them (OCI image specification, descriptor.md).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};

use crate::text::printable;

/// The algorithms that the specification registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `sha256`.
    Sha256,
    /// `sha512`.
    Sha512,
}

impl Algorithm {
    /// Its name before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits it has.
    fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// `sha256:` and 64 digits, or `sha512:` and 128.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

/// Text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a digest (sha256:HEX or sha512:HEX)", printable(.0))]
pub struct BadDigest(String);

impl Digest {
    /// The SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digits, in lower case.
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

/// How much of what is not a digest is shown, in characters.
const MAX_SHOWN: usize = 160;

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bad = || BadDigest(text.chars().take(MAX_SHOWN).collect());
        let (name, hex) = text.split_once(':').ok_or_else(bad)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(bad()),
        };
        let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if hex.len() != algorithm.digits() || !hex.bytes().all(digit) {
            return Err(bad());
        }
        Ok(Self {
            algorithm,
            hex: hex.into(),
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Computes a digest piece by piece, with the processor's SHA instructions where it has them.
#[derive(Clone)]
pub enum Hasher {
    /// SHA-256 under way.
    Sha256(Sha256),
    /// SHA-512 under way.
    Sha512(Sha512),
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self {
            Self::Sha256(hasher) => (Algorithm::Sha256, hex(&hasher.finalize())),
            Self::Sha512(hasher) => (Algorithm::Sha512, hex(&hasher.finalize())),
        };
        Digest { algorithm, hex }
    }
}

fn hex(bytes: &[u8]) -> Box<str> {
    let digits = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16));
    digits.collect()
}

/// Bytes that are not what their descriptor says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Too few or too many.
    #[error("{digest} has {found} bytes in place of {expected}")]
    Size {
        /// What was asked for.
        digest: Digest,
        /// Its size, in bytes.
        expected: u64,
        /// How many came; when they were too many, how many until that was seen.
        found: u64,
    },
    /// Others.
    #[error("what was given for {expected} is {found}")]
    Digest {
        /// What was asked for.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
}

/// Checks bytes against a digest and a size while they pass.
#[derive(Clone)]
pub struct Verifier {
    expected: Digest,
    size: Option<u64>,
    seen: u64,
    hasher: Hasher,
}

impl Verifier {
    /// A check of what has this digest and, if that is known, this size in bytes.
    pub fn new(expected: Digest, size: Option<u64>) -> Self {
        let hasher = Hasher::new(expected.algorithm());
        Self {
            expected,
            size,
            seen: 0,
            hasher,
        }
    }

    /// The next bytes.
    ///
    /// # Errors
    /// They are more than there may be; nothing of them should be used.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if let Some(expected) = self.size.filter(|size| self.seen > *size) {
            return Err(self.wrong_size(expected));
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// How many bytes have passed.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The verdict, when there are no more bytes.
    ///
    /// # Errors
    /// They were not what was asked for.
    pub fn finish(self) -> Result<(), Mismatch> {
        if let Some(expected) = self.size.filter(|size| self.seen != *size) {
            return Err(self.wrong_size(expected));
        }
        let found = self.hasher.finish();
        if found == self.expected {
            return Ok(());
        }
        Err(Mismatch::Digest {
            expected: self.expected,
            found,
        })
    }

    fn wrong_size(&self, expected: u64) -> Mismatch {
        Mismatch::Size {
            digest: self.expected.clone(),
            expected,
            found: self.seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Digest, Hasher, Mismatch, Verifier};

    /// Of nothing, and of `abc` (FIPS 180-4, examples).
    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const ABC_512: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    fn digest(text: &str) -> Digest {
        text.parse().unwrap()
    }

    #[test]
    fn digests_are_written_in_lower_case_hexadecimal() {
        for (text, algorithm) in [(ABC, Algorithm::Sha256), (ABC_512, Algorithm::Sha512)] {
            let digest = digest(text);
            assert_eq!(digest.algorithm(), algorithm);
            assert_eq!(format!("{}:{}", algorithm.name(), digest.hex()), text);
            assert_eq!(digest.to_string(), text);
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
            assert_eq!(serde_json::to_string(&digest).unwrap(), json);
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hasher.finish(), digest);
        }
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
    }

    #[test]
    fn nothing_else_is_a_digest() {
        let short = EMPTY.get(..EMPTY.len() - 1).unwrap();
        let mixed = EMPTY.replace("sha256", "sha512");
        let other = ABC_512.replace("sha512", "blake3");
        let upper = EMPTY.to_ascii_uppercase();
        let path = format!("sha256:../{}", "0".repeat(61));
        let wide = EMPTY.replace('e', "é");
        let longer = format!("{EMPTY}0");
        let spaced = format!(" {EMPTY}");
        for bad in [
            "", ":", "sha256", "sha256:", short, &mixed, &other, &upper, &path, &wide, &longer,
            &spaced,
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
        let error = format!("a\n{}", "b".repeat(1000)).parse::<Digest>();
        assert_eq!(
            error.unwrap_err().to_string(),
            format!(
                "`a\\n{}` is not a digest (sha256:HEX or sha512:HEX)",
                "b".repeat(158)
            )
        );
    }

    #[test]
    fn bytes_are_checked_against_digest_and_size() {
        let check = |digest: &str, size, pieces: &[&str]| {
            let mut verifier = Verifier::new(digest.parse().unwrap(), size);
            for piece in pieces {
                verifier.update(piece.as_bytes())?;
            }
            assert_eq!(verifier.seen(), pieces.concat().len() as u64);
            verifier.finish()
        };
        assert_eq!(check(ABC, Some(3), &["ab", "", "c"]), Ok(()));
        assert_eq!(check(ABC_512, None, &["abc"]), Ok(()));
        assert_eq!(check(EMPTY, Some(0), &[]), Ok(()));
        let size = |expected, found| {
            Err(Mismatch::Size {
                digest: digest(ABC),
                expected,
                found,
            })
        };
        assert_eq!(check(ABC, Some(3), &["ab"]), size(3, 2));
        assert_eq!(check(ABC, Some(3), &["ab", "cd"]), size(3, 4));
        assert_eq!(check(ABC, Some(4), &["abc"]), size(4, 3));
        let other = Err(Mismatch::Digest {
            expected: digest(ABC),
            found: Digest::of(b"abd"),
        });
        assert_eq!(check(ABC, Some(3), &["abd"]), other);
        assert_eq!(check(ABC, None, &["abd"]), other);
    }
}
