//! Refusals of vendors' APIs, sorted by what the reader must do next.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::error::{Exit, Explain};

/// What a service answered instead of doing what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it was about: a reference or a repository.
    pub subject: String,
    /// Who refused, such as `Docker Hub`.
    pub service: String,
    /// The status code; 200 where failures come with success, 0 where nothing was asked because
    /// the answer is known.
    pub status: u16,
    /// The kind of refusal.
    pub why: Why,
    /// The vendor's own words, or code.
    pub said: Option<String>,
    /// What the brand knows better than the kind says: which role, which rule.
    pub advice: Option<String>,
}

/// Kinds of refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is not known, or not believed, who asks.
    NotAuthenticated,
    /// Who asks may not do this; what it takes, such as `the scope delete:packages`.
    NotAllowed {
        /// The scopes or roles that it takes, if they are known.
        needs: Option<String>,
    },
    /// A tag or manifest that may not be changed: protected, immutable, locked.
    Protected,
    /// Something that stays needs it: an index that lists it, a last version.
    InUse,
    /// Too many requests.
    Limited {
        /// Until when, if that is known.
        until: Option<SystemTime>,
    },
    /// There is no such thing, or none that may be seen.
    NotFound,
    /// This server, or this version of it, cannot do it.
    Unsupported,
    /// Anything else.
    Other,
}

impl Why {
    /// The kind that a status alone tells.
    pub fn by_status(status: u16) -> Self {
        match status {
            401 => Self::NotAuthenticated,
            403 => Self::NotAllowed { needs: None },
            404 | 410 => Self::NotFound,
            405 | 501 => Self::Unsupported,
            409 => Self::InUse,
            412 | 423 => Self::Protected,
            429 => Self::Limited { until: None },
            _ => Self::Other,
        }
    }

    /// The kind as programs read it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not-authenticated",
            Self::NotAllowed { .. } => "not-allowed",
            Self::Protected => "protected",
            Self::InUse => "in-use",
            Self::Limited { .. } => "rate-limited",
            Self::NotFound => "not-found",
            Self::Unsupported => "unsupported",
            Self::Other => "refused",
        }
    }
}

impl Refusal {
    /// The same with what the brand knows better.
    pub fn advising(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            service,
            status,
            ..
        } = self;
        match &self.why {
            Why::NotAuthenticated => write!(f, "{subject}: {service} does not know who asks")?,
            Why::NotAllowed { .. } => write!(f, "{subject}: {service} does not allow this")?,
            Why::Protected => write!(f, "{subject} is protected from changes by {service}")?,
            Why::InUse => write!(f, "{subject} is in use, so {service} keeps it")?,
            Why::Limited { .. } => write!(f, "{subject}: {service} limits requests")?,
            Why::NotFound => write!(f, "{subject} does not exist at {service}")?,
            Why::Unsupported => write!(f, "{subject}: {service} cannot do this")?,
            Why::Other => write!(f, "{subject}: {service} refused")?,
        }
        if *status != 0 {
            write!(f, " (status {status})")?;
        }
        match &self.said {
            Some(said) => write!(f, ": {said}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

impl Explain for Refusal {
    fn hint(&self) -> Option<String> {
        if self.advice.is_some() {
            return self.advice.clone();
        }
        Some(match &self.why {
            Why::NotAuthenticated => "log in again: the credential is wrong or has expired".into(),
            Why::NotAllowed { needs: Some(needs) } => format!("this needs {needs}"),
            Why::Limited { until } => {
                let until = until.and_then(|until| Timestamp::try_from(until).ok());
                match until {
                    Some(until) => format!("try again after {until:.0}"),
                    None => "try again later".into(),
                }
            }
            Why::Protected => "a rule of the registry protects it: change the rule first".into(),
            Why::NotFound => {
                "check the name; many services also say this to those who may not see it".into()
            }
            Why::NotAllowed { .. } | Why::InUse | Why::Unsupported | Why::Other => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self.why {
            Why::NotAuthenticated | Why::NotAllowed { .. } => Exit::NotAuthorised,
            _ => Exit::Failed,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        Some(self.why.name())
    }
}
