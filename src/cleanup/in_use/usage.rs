//! Images, and what uses them, in little memory.

use std::collections::{BTreeMap, BTreeSet};

/// How many users of an image are named. More say nothing new, and a cluster may have a hundred
/// thousand pods.
const NAMED: usize = 10;

/// What is used by whom.
#[derive(Debug, Default)]
pub(super) struct Usage {
    images: BTreeMap<String, Users>,
}

#[derive(Debug, Default)]
struct Users {
    /// The first ones in the order of their names.
    named: BTreeSet<String>,
    others: usize,
}

impl Usage {
    /// This object uses these images. Each object is told of once.
    pub(super) fn add<'i>(&mut self, user: &str, images: impl IntoIterator<Item = &'i str>) {
        for image in images {
            if !self.images.contains_key(image) {
                self.images.insert(image.to_owned(), Users::default());
            }
            if let Some(users) = self.images.get_mut(image) {
                users.add(user.to_owned());
            }
        }
    }

    /// All that others found, too.
    pub(super) fn merge(&mut self, other: Self) {
        for (image, users) in other.images {
            let all = self.images.entry(image).or_default();
            all.others += users.others;
            users.named.into_iter().for_each(|user| all.add(user));
        }
    }

    /// As the document has it.
    pub(super) fn finish(self) -> BTreeMap<String, Vec<String>> {
        let users = |users: Users| {
            let more = (users.others > 0).then(|| format!("and {} more", users.others));
            users.named.into_iter().chain(more).collect()
        };
        let images = self.images.into_iter();
        images.map(|(image, all)| (image, users(all))).collect()
    }
}

impl Users {
    fn add(&mut self, user: String) {
        self.named.insert(user);
        if self.named.len() > NAMED {
            self.named.pop_last();
            self.others += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Usage;

    #[test]
    fn the_first_users_are_named_whatever_the_order() {
        let mut usage = Usage::default();
        let mut other = Usage::default();
        for number in (10..40).rev() {
            usage.add(&format!("c/n/Pod/{number}"), ["a"]);
        }
        other.add("c/n/Pod/05", ["a", "b"]);
        usage.merge(other);
        let found = usage.finish();
        let mut expected: Vec<String> = (10..19).map(|n| format!("c/n/Pod/{n}")).collect();
        expected.insert(0, "c/n/Pod/05".to_owned());
        expected.push("and 21 more".to_owned());
        assert_eq!(found["a"], expected);
        assert_eq!(found["b"], ["c/n/Pod/05"]);
    }
}
