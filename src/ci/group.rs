//! Groups of lines that a CI system's log shows folded.

/// One end of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Before its first line.
    Open,
    /// After its last line.
    Close,
}

/// A group: what its edges are written from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// What is shown of it. It is part of a command to the log, so it is never text from outside;
    /// letters, digits and spaces only.
    pub title: &'static str,
    /// The time of the edge, in seconds since 1970.
    pub seconds: u64,
}

impl Group {
    /// The title as a name without spaces.
    pub(super) fn name(&self) -> String {
        self.title.replace(' ', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SYSTEMS, named};
    use super::{Edge, Group};

    /// What a system writes around a group.
    fn edges(system: &str) -> Option<[String; 2]> {
        let system = named(system)?;
        let edge = |edge, seconds| {
            let title = "dockside push";
            system.group(edge, Group { title, seconds })
        };
        Some([
            edge(Edge::Open, 1_700_000_000)?,
            edge(Edge::Close, 1_700_000_009)?,
        ])
    }

    #[test]
    fn each_system_has_its_own() {
        let expected = [
            ("github", "::group::dockside push\n", "::endgroup::\n"),
            ("gitea", "::group::dockside push\n", "::endgroup::\n"),
            ("forgejo", "::group::dockside push\n", "::endgroup::\n"),
            (
                "gitlab",
                "\x1b[0Ksection_start:1700000000:dockside_push[collapsed=true]\r\x1b[0Kdockside push\n",
                "\x1b[0Ksection_end:1700000009:dockside_push\r\x1b[0K\n",
            ),
            ("azure", "##[group]dockside push\n", "##[endgroup]\n"),
            (
                "teamcity",
                "##teamcity[blockOpened name='dockside push']\n",
                "##teamcity[blockClosed name='dockside push']\n",
            ),
            (
                "buildkite",
                "--- dockside push\n",
                "+++ dockside push: result\n",
            ),
            (
                "travis",
                "travis_fold:start:dockside_push\r\x1b[0Kdockside push\n",
                "travis_fold:end:dockside_push\r\x1b[0K\n",
            ),
        ];
        for (system, open, close) in expected {
            assert_eq!(
                edges(system),
                Some([open.to_owned(), close.to_owned()]),
                "{system}"
            );
        }
        let with = expected.map(|(system, ..)| system);
        for system in SYSTEMS.iter().map(|system| system.name()) {
            assert_eq!(edges(system).is_some(), with.contains(&system), "{system}");
        }
    }
}
