//! Which part of the repositories this run is about, when several run at the same time.

use std::str::FromStr;

use crate::env::Env;
use crate::error::{Exit, Explain};
use crate::oci::{Digest, Repository};

/// `I/N`, `auto` or `auto/N`, as it is on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// This one.
    Given(Shard),
    /// As the CI system says; with its number of parts where the system does not say that.
    Auto(Option<u64>),
}

/// One of so many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 0.
    index: u64,
    count: u64,
}

/// Where a system says which of several equal jobs this is.
struct System {
    index: &'static str,
    /// The number of the first job.
    first: u64,
    /// How many there are.
    count: Option<&'static str>,
}

/// As their documentation has them: GitLab (`parallel`), CircleCI (`parallelism`), Buildkite
/// (`parallelism`), Bitbucket (parallel steps), Azure (`strategy: parallel`), Kubernetes (an
/// indexed Job, which may be what runs the job of another system).
const SYSTEMS: [System; 6] = [
    System {
        index: "CI_NODE_INDEX",
        first: 1,
        count: Some("CI_NODE_TOTAL"),
    },
    System {
        index: "CIRCLE_NODE_INDEX",
        first: 0,
        count: Some("CIRCLE_NODE_TOTAL"),
    },
    System {
        index: "BUILDKITE_PARALLEL_JOB",
        first: 0,
        count: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
    System {
        index: "BITBUCKET_PARALLEL_STEP",
        first: 0,
        count: Some("BITBUCKET_PARALLEL_STEP_COUNT"),
    },
    System {
        index: "SYSTEM_JOBPOSITIONINPHASE",
        first: 1,
        count: Some("SYSTEM_TOTALJOBSINPHASE"),
    },
    System {
        index: "JOB_COMPLETION_INDEX",
        first: 0,
        count: None,
    },
];

/// It is not known which part this is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unknown {
    #[error("no variable of a CI system says which part this is")]
    Nothing,
    #[error("JOB_COMPLETION_INDEX does not say how many parts there are")]
    Count,
    #[error("there are {said} parts by {variable}, not {given}")]
    Differs {
        variable: &'static str,
        said: u64,
        given: u64,
    },
    #[error("{0} and the number of parts do not go together")]
    Bad(&'static str),
}

impl Explain for Unknown {
    fn hint(&self) -> Option<String> {
        Some("write it as --shard I/N, or --shard auto/N in an indexed Job of Kubernetes".into())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Wish {
    /// The part.
    ///
    /// # Errors
    /// The environment does not say it.
    pub(super) fn resolve(self, env: &Env) -> Result<Shard, Unknown> {
        let given = match self {
            Self::Given(shard) => return Ok(shard),
            Self::Auto(given) => given,
        };
        let mut systems = SYSTEMS.iter();
        let system = systems.find(|system| env.has(system.index));
        let system = system.ok_or(Unknown::Nothing)?;
        let bad = || Unknown::Bad(system.index);
        let number = |name| env.utf8(name).and_then(|text| text.parse::<u64>().ok());
        let index = number(system.index).and_then(|index| index.checked_sub(system.first));
        let count = match (system.count, given) {
            (None, given) => given.ok_or(Unknown::Count)?,
            (Some(variable), given) => {
                let said = number(variable).ok_or_else(bad)?;
                if let Some(given) = given.filter(|given| *given != said) {
                    return Err(Unknown::Differs {
                        variable,
                        said,
                        given,
                    });
                }
                said
            }
        };
        let shard = Shard {
            index: index.ok_or_else(bad)?,
            count,
        };
        match shard.index < shard.count {
            true => Ok(shard),
            false => Err(bad()),
        }
    }
}

impl Shard {
    /// Whether a repository belongs to this part. It depends on the repository's name and the
    /// number of parts alone, so each is in exactly one.
    pub(super) fn contains(self, repository: &Repository) -> bool {
        let digest = Digest::of(repository.to_string().as_bytes());
        let digits = digest.hex().get(..15).unwrap_or_default();
        let number = u64::from_str_radix(digits, 16).unwrap_or_default();
        number.checked_rem(self.count) == Some(self.index)
    }
}

impl FromStr for Wish {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let bad = "expected I/N with I from 1 to N, `auto` or `auto/N`";
        let (index, count) = match text.split_once('/') {
            None if text == "auto" => return Ok(Self::Auto(None)),
            None => return Err(bad),
            Some((index, count)) => (index, count.parse::<u64>().ok().filter(|count| *count > 0)),
        };
        let count = count.ok_or(bad)?;
        if index == "auto" {
            return Ok(Self::Auto(Some(count)));
        }
        let index = index.parse::<u64>().map_err(|_| bad)?;
        match (1..=count).contains(&index) {
            true => Ok(Self::Given(Shard {
                index: index - 1,
                count,
            })),
            false => Err(bad),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Shard, Unknown, Wish};
    use crate::env::Env;

    fn shard(index: u64, count: u64) -> Shard {
        Shard { index, count }
    }

    #[test]
    fn forms() {
        assert_eq!("1/3".parse(), Ok(Wish::Given(shard(0, 3))));
        assert_eq!("3/3".parse(), Ok(Wish::Given(shard(2, 3))));
        assert_eq!("auto".parse(), Ok(Wish::Auto(None)));
        assert_eq!("auto/4".parse(), Ok(Wish::Auto(Some(4))));
        for bad in [
            "", "0/3", "4/3", "1/0", "1", "-1/3", "auto/0", "auto/", "/3",
        ] {
            assert!(bad.parse::<Wish>().is_err(), "{bad}");
        }
    }

    #[test]
    fn systems_count_from_where_they_do() {
        let found = |wish: &str, variables: &[(&str, &str)]| {
            let env = Env::from_iter(variables.iter().copied());
            wish.parse::<Wish>().unwrap().resolve(&env)
        };
        for (variables, expected) in [
            ([("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")], (0, 3)),
            (
                [("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "3")],
                (1, 3),
            ),
            (
                [
                    ("BUILDKITE_PARALLEL_JOB", "2"),
                    ("BUILDKITE_PARALLEL_JOB_COUNT", "3"),
                ],
                (2, 3),
            ),
            (
                [
                    ("BITBUCKET_PARALLEL_STEP", "0"),
                    ("BITBUCKET_PARALLEL_STEP_COUNT", "2"),
                ],
                (0, 2),
            ),
            (
                [
                    ("SYSTEM_JOBPOSITIONINPHASE", "2"),
                    ("SYSTEM_TOTALJOBSINPHASE", "2"),
                ],
                (1, 2),
            ),
        ] {
            assert_eq!(found("auto", &variables), Ok(shard(expected.0, expected.1)));
        }
        let indexed = [("JOB_COMPLETION_INDEX", "3")];
        assert_eq!(found("auto/4", &indexed), Ok(shard(3, 4)));
        assert_eq!(found("auto", &indexed), Err(Unknown::Count));
        assert_eq!(
            found("auto/3", &indexed),
            Err(Unknown::Bad("JOB_COMPLETION_INDEX"))
        );
        assert_eq!(found("auto", &[]), Err(Unknown::Nothing));
        let gitlab = [("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")];
        assert_eq!(found("auto", &gitlab), Err(Unknown::Bad("CI_NODE_INDEX")));
        let gitlab = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")];
        let expected = Unknown::Differs {
            variable: "CI_NODE_TOTAL",
            said: 2,
            given: 3,
        };
        assert_eq!(found("auto/3", &gitlab), Err(expected));
    }

    #[test]
    fn each_repository_is_in_exactly_one_part() {
        let mut sizes = [0; 4];
        for number in 0..400 {
            let name = format!("registry.example.com/team/app-{number}");
            let repository = name.parse().unwrap();
            let parts = (0..4).filter(|index| shard(*index, 4).contains(&repository));
            let parts: Vec<u64> = parts.collect();
            assert_eq!(parts.len(), 1, "{name}");
            sizes[usize::try_from(parts[0]).unwrap()] += 1;
        }
        assert!(sizes.iter().all(|size| *size > 60), "{sizes:?}");
    }
}
