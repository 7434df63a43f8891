//! How much of a repository one run may remove.

use std::fmt;
use std::str::FromStr;

/// How far one run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At most that share of a repository's images.
    pub percent: Option<u8>,
    /// At most that many.
    pub count: Option<u64>,
    /// Whether a repository may be left without any image.
    pub allow_empty: bool,
}

impl Default for Limits {
    /// Half of a repository: who means to remove more says so.
    fn default() -> Self {
        Self {
            percent: Some(50),
            count: None,
            allow_empty: false,
        }
    }
}

impl Limits {
    /// Takes note of one limit. A number alone stands beside the share.
    pub fn set(&mut self, limit: MaxDelete) {
        match limit {
            MaxDelete::Percent(percent) => self.percent = Some(percent),
            MaxDelete::Count(count) => self.count = Some(count),
        }
    }
}

/// `50%` or `100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxDelete {
    /// A share of a repository's images.
    Percent(u8),
    /// A number of images.
    Count(u64),
}

/// Text that is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of images such as 100, or a share such as 50%")]
pub struct BadLimit;

impl FromStr for MaxDelete {
    type Err = BadLimit;

    fn from_str(text: &str) -> Result<Self, BadLimit> {
        let digits = text.strip_suffix('%');
        match digits {
            Some(digits) => match digits.parse() {
                Ok(percent @ 0..=100) => Ok(Self::Percent(percent)),
                _ => Err(BadLimit),
            },
            None => text.parse().map(Self::Count).map_err(|_| BadLimit),
        }
    }
}

impl fmt::Display for MaxDelete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadLimit, MaxDelete};

    #[test]
    fn both_forms() {
        assert_eq!("50%".parse(), Ok(MaxDelete::Percent(50)));
        assert_eq!("100".parse(), Ok(MaxDelete::Count(100)));
        for bad in ["", "%", "101%", "-1", "50 %", "1.5%", "many"] {
            assert_eq!(bad.parse::<MaxDelete>(), Err(BadLimit), "{bad}");
        }
    }
}
