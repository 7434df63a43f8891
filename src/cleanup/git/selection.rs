//! Which references and change requests count, and how many images of each.

use jiff::Timestamp;
use regex::Regex;

use super::change_requests::ChangeRequest;
use super::error::Error;
use super::references::Reference;
use super::settings::{Keep, Limit, References};
use super::template::Named;

/// The policies of [`Settings`](super::Settings), with expressions that mean whole names.
#[derive(Debug)]
pub(super) struct Policies(Vec<Keep>);

/// What was chosen: for each reference and each change request, how many of its images count, if
/// any do.
pub(super) struct Selection {
    pub(super) references: Vec<Option<Limit>>,
    pub(super) requests: Vec<Option<Limit>>,
}

impl Policies {
    pub(super) fn of(keep: &[Keep]) -> Result<Self, Error> {
        let whole = |regex: &Regex| Regex::new(&format!("^(?:{})$", regex.as_str()));
        let mut policies = Vec::with_capacity(keep.len());
        for keep in keep {
            let references = match &keep.references {
                References::Tags(regex) => References::Tags(whole(regex)?),
                References::Branches(regex) => References::Branches(whole(regex)?),
                References::ChangeRequests => References::ChangeRequests,
            };
            policies.push(Keep {
                references,
                ..keep.clone()
            });
        }
        Ok(Self(policies))
    }

    /// Whether one of them is about change requests.
    pub(super) fn ask_for_requests(&self) -> bool {
        let mut references = self.0.iter().map(|keep| &keep.references);
        references.any(|references| matches!(references, References::ChangeRequests))
    }

    /// Applies the policies in their order: the last one whose limit chooses a reference says how
    /// many of its images count. What an earlier one has chosen stays chosen.
    pub(super) fn select(
        &self,
        references: &[Reference],
        requests: &[ChangeRequest],
        now: Timestamp,
    ) -> Selection {
        let all = Some(Limit::default());
        let no_policy = |is: bool| if is { all } else { None };
        let mut selection = Selection {
            references: vec![no_policy(self.0.is_empty()); references.len()],
            requests: vec![no_policy(!self.ask_for_requests()); requests.len()],
        };
        for keep in &self.0 {
            let of = |kind: Named, regex: &Regex| {
                let matching = references.iter().map(|reference| {
                    let is_meant = reference.kind == kind && regex.is_match(&reference.name);
                    is_meant.then_some(reference.date)
                });
                matching.collect::<Vec<_>>()
            };
            match &keep.references {
                References::Tags(regex) => {
                    choose(keep, &of(Named::Tag, regex), now, &mut selection.references);
                }
                References::Branches(regex) => {
                    let matching = of(Named::Branch, regex);
                    choose(keep, &matching, now, &mut selection.references);
                }
                References::ChangeRequests => {
                    let dates = requests.iter().map(|request| Some(request.date()));
                    let dates: Vec<_> = dates.collect();
                    choose(keep, &dates, now, &mut selection.requests);
                }
            }
        }
        selection
    }
}

/// Chooses among those that have a date here.
fn choose(keep: &Keep, dates: &[Option<i64>], now: Timestamp, chosen: &mut [Option<Limit>]) {
    let among: Vec<i64> = dates.iter().flatten().copied().collect();
    let mut choices = keep.limit.choose(&among, now).into_iter();
    for (date, chosen) in dates.iter().zip(chosen) {
        if date.is_some() && choices.next() == Some(true) {
            *chosen = Some(keep.images);
        }
    }
}
