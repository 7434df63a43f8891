//! Lists that are not what the repository is: a brand's own that is older, and tags that are
//! listed and name nothing.

use dockside::cleanup::apply::apply;
use dockside::registry::{Brand, Default, Error, Listed, Listing};
use futures_util::future::BoxFuture;

use super::between::Instead;
use super::servers::{Server, servers};
use super::stage::{STEPS, Stage, block_on, options, words};

/// A brand whose list is that of the moment when the plan was made.
struct Late(Box<dyn Brand>, Listing);

impl Brand for Late {
    fn base(&self) -> &Default {
        self.0.base()
    }

    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async { Ok(Some(self.1.clone())) })
    }

    fn lists_late(&self) -> bool {
        true
    }
}

/// What a stage's plan knows.
fn listing(stage: &Stage) -> Listing {
    let steps = stage.plan.steps.iter();
    let steps = steps.map(|step| (&step.digest, &step.tags));
    let kept = stage.plan.kept.iter();
    let kept = kept.map(|kept| (&kept.digest, &kept.tags));
    let listed = steps.chain(kept).map(|(digest, tags)| {
        let mut listed = Listed::new(digest.clone());
        listed.tags.clone_from(tags);
        listed
    });
    Listing {
        entries: listed.collect(),
        has_untagged: true,
    }
}

#[test]
fn what_a_list_does_not_have_yet_stays() {
    for server in &*servers() {
        let stage = Stage::new(server);
        stage.here().tag(&stage.doomed, "release");
        stage.here().tag(&stage.doomed, "stays");
        let listing = listing(&stage);
        let applied = block_on(async {
            let brand = Late(stage.brand().await, listing);
            apply(&brand, &stage.plan, &options(), &|| false, &()).await
        });
        let outcomes = applied.unwrap().outcomes;
        assert!(words(&outcomes)[4].ends_with("was written after the plan was made"));
        for tag in ["release", "stays"] {
            assert_eq!(
                stage.here().named(tag).as_ref(),
                Some(&stage.doomed.digest),
                "{outcomes:?}"
            );
        }
        // The signature of what stays.
        let signature = stage.gone.last().unwrap();
        assert!(stage.here().named(signature).is_some());
    }
}

/// distribution 2 removes a manifest before it looks for its tags.
#[test]
fn tags_of_a_deletion_that_ended_half_way_go() {
    for server in &*servers() {
        let Server::Distribution(registry) = server else {
            continue;
        };
        let stage = Stage::new(server);
        let hex = &stage.doomed.digest["sha256:".len()..];
        let revision = registry
            .manifests_of(&stage.name)
            .join("revisions/sha256")
            .join(hex);
        std::fs::remove_dir_all(revision).unwrap();
        assert_eq!(stage.here().named("old2"), None);
        let applied = stage.run(&options()).unwrap();
        assert!(applied.failure.is_none(), "{applied:?}");
        assert_eq!(words(&applied.outcomes)[4], "gone");
        assert_eq!(stage.left(), [""; 0]);
        assert_eq!(stage.losses(), [""; 0]);
    }
}

#[test]
fn a_tag_that_is_written_during_a_deletion_gets_its_image_back() {
    for server in &*servers() {
        let Server::Distribution(registry) = server else {
            continue;
        };
        let stage = Stage::new(server);
        let tag = registry.manifests_of(&stage.name).join("tags/late/current");
        let doomed = stage.doomed.digest.clone();
        let mut is_written = false;
        stage.line.before(move |_, head| {
            if head.method != "DELETE" || !head.target.ends_with(&doomed) || is_written {
                return Instead::Pass;
            }
            is_written = true;
            let (tag, doomed) = (tag.clone(), doomed.clone());
            Instead::Then(Box::new(move || {
                std::fs::create_dir_all(&tag).unwrap();
                std::fs::write(tag.join("link"), doomed).unwrap();
            }))
        });
        let applied = stage.run(&options()).unwrap();
        let late = stage.here().named("late");
        assert_eq!(late.as_ref(), Some(&stage.doomed.digest), "{applied:?}");
        assert_eq!(stage.losses(), [""; 0]);
        assert_eq!(stage.left(), [""; 0]);
        assert!(applied.failure.is_none(), "{applied:?}");
        let mut expected = ["done"; STEPS];
        expected[4] = "skipped: the tag late was written after the plan was made";
        assert_eq!(words(&applied.outcomes), expected);
    }
}
