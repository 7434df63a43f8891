//! What holds for the plan of any repository: nothing that is kept loses anything, and what is
//! planned is exactly what is done.

mod model;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use dockside::cleanup::plan::{self, Action, Plan, Refusal, Step};
use dockside::cleanup::policy::Limits;
use dockside::cleanup::{Gap, Untagged};
use proptest::prelude::*;
use proptest::test_runner::Config;

use self::model::{Policy, Settled};
use self::world::{World, digest};

fn config() -> Config {
    Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    }
}

/// What a plan does, without the words.
fn deeds(plan: &Plan) -> BTreeSet<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| {
            format!(
                "{:?} {} {:?} {}",
                step.action, step.digest, step.tags, step.rank
            )
        })
        .collect()
}

/// What is not there any longer after a plan: tags and manifests.
fn losses(world: &World, plan: &Plan) -> (BTreeSet<String>, BTreeSet<usize>) {
    let mut after = world.clone();
    after.execute(plan);
    let tags = world
        .tags
        .keys()
        .filter(|tag| !after.tags.contains_key(*tag));
    let manifests = (0..world.manifests.len())
        .filter(|at| world.manifests[*at].is_there && !after.manifests[*at].is_there);
    (tags.cloned().collect(), manifests.collect())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_that_is_kept_loses_anything(world in world::worlds(), policy in model::policies()) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let (tags, manifests) = losses(&world, &plan);
        for root in model::kept_tags(&world, &policy) {
            prop_assert!(!tags.contains(&root), "the tag {root} is lost");
        }
        for at in model::needed(&world, &policy, false) {
            prop_assert!(!manifests.contains(&at), "{} is lost", digest(at));
            for tag in world.dependents(at) {
                prop_assert!(!tags.contains(tag), "{tag} is lost");
            }
        }
    }

    #[test]
    fn what_is_not_kept_goes(world in world::readable(), policy in model::policies()) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let (tags, manifests) = losses(&world, &plan);
        let kept = model::kept_tags(&world, &policy);
        let needed = model::needed(&world, &policy, true);
        for (tag, at) in &world.tags {
            let is_there = world.manifests[*at].is_there;
            if world::is_ordinary(tag) && is_there && !kept.contains(tag) {
                prop_assert!(tags.contains(tag), "{tag} stays");
                if policy.untagged == Untagged::Go && !needed.contains(at) {
                    prop_assert!(manifests.contains(at), "{} stays", digest(*at));
                }
            }
        }
        if policy.untagged == Untagged::Go {
            for (at, manifest) in world.manifests.iter().enumerate() {
                if manifest.is_there && world.is_seen(at) && !needed.contains(&at) {
                    prop_assert!(manifests.contains(&at), "{} stays", digest(at));
                }
            }
        }
    }

    #[test]
    fn the_order_of_nothing_matters(
        world in world::worlds(),
        policy in model::policies(),
        shuffle in proptest::collection::vec(any::<u32>(), 40),
    ) {
        let one = model::settle(&world, &policy, &[]).plan;
        let other = model::settle(&world, &policy, &shuffle).plan;
        prop_assert_eq!(deeds(&one), deeds(&other));
        prop_assert_eq!((one.freed, one.size), (other.freed, other.size));
    }

    #[test]
    fn another_rule_never_deletes_more(
        world in world::worlds(),
        policy in model::policies(),
        more in model::rule(),
    ) {
        // Where a rule saves a manifest from being looked at, it is not seen to be unreadable.
        prop_assume!(world.manifests.iter().all(|manifest| manifest.is_readable));
        // And where a rule has one looked at that was not before, more is seen.
        let mut policy = Policy { exact_bytes: true, ..policy };
        let few = losses(&world, &model::settle(&world, &policy, &[]).plan);
        policy.rules.push(more);
        let many = losses(&world, &model::settle(&world, &policy, &[]).plan);
        prop_assert!(many.0.is_subset(&few.0), "{:?} {:?}", many.0, few.0);
        prop_assert!(many.1.is_subset(&few.1), "{:?} {:?}", many.1, few.1);
    }

    #[test]
    fn indexes_go_before_what_they_list(world in world::worlds(), policy in model::policies()) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let rank = |at: usize| {
            let steps = plan.steps.iter().filter(|step| step.action == Action::Delete);
            steps.filter(|step| step.digest == digest(at)).map(|step| step.rank).next()
        };
        for (at, manifest) in world.manifests.iter().enumerate() {
            for child in &manifest.children {
                if let (Some(parent), Some(child)) = (rank(at), rank(*child)) {
                    prop_assert!(parent < child);
                }
            }
        }
        prop_assert!(plan.steps.is_sorted_by_key(|step| step.rank));
    }

    #[test]
    fn subjects_go_before_what_refers_to_them(
        world in world::worlds(),
        policy in model::policies(),
    ) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let steps = plan.steps.iter().filter(|step| step.action == Action::Delete);
        let ranks: BTreeMap<_, _> = steps.map(|step| (step.digest.clone(), step.rank)).collect();
        let rank = |at: usize| ranks.get(&digest(at)).copied();
        let going = |at: usize| {
            world.below(at).into_iter().filter(|next| rank(*next).is_some())
        };
        // What follows what follows itself has no order but that of lists.
        let follows = |from: usize| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(at) = open.pop() {
                open.extend(going(at).filter(|next| seen.insert(*next)));
            }
            seen
        };
        let all: Vec<usize> = (0..world.manifests.len()).filter(|at| rank(*at).is_some()).collect();
        let mut free: BTreeSet<usize> = all.iter().copied().collect();
        for at in &all {
            // A list that a tag says is about itself follows nothing.
            let is_circle = follows(*at).contains(at) && going(*at).any(|next| next != *at);
            if is_circle {
                free.retain(|one| one != at && !follows(*at).contains(one));
            }
        }
        for at in free {
            if let Some(subject) = world.manifests[at].subject.and_then(rank) {
                prop_assert!(Some(subject) < rank(at));
            }
        }
    }

    #[test]
    fn what_is_done_is_what_is_planned(world in world::worlds(), policy in model::policies()) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let (tags, manifests) = losses(&world, &plan);
        let planned = plan.steps.iter().flat_map(|step| &step.tags);
        let planned: BTreeSet<String> = planned.map(ToString::to_string).collect();
        prop_assert_eq!(tags, planned);
        let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete);
        let deleted: BTreeSet<String> = deleted.map(|step| step.digest.to_string()).collect();
        let lost = manifests.into_iter().map(|at| digest(at).to_string());
        prop_assert_eq!(lost.collect::<BTreeSet<_>>(), deleted);
    }

    #[test]
    fn what_cannot_be_read_keeps_a_way_to_it(
        world in world::worlds(),
        policy in model::policies(),
    ) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let (_, manifests) = losses(&world, &plan);
        let mut after = world.clone();
        after.execute(&plan);
        // What a rule keeps by its digest is not looked at.
        let is_kept = |at: &usize| policy.rules.iter().any(|(_, kept)| kept.contains(at));
        for index in manifests {
            for child in world.manifests[index].children.iter().filter(|at| !is_kept(at)) {
                let manifest = &world.manifests[*child];
                let is_listed = after.manifests.iter().any(|one| {
                    one.is_there && one.children.contains(child)
                });
                let is_tagged = after.tags.values().any(|at| at == child);
                let is_safe = manifest.is_readable || manifest.is_protected || is_listed || is_tagged;
                prop_assert!(is_safe || !manifest.is_there, "nothing leads to {}", digest(*child));
            }
        }
    }

    #[test]
    fn freed_bytes_are_those_that_nothing_needs(world in world::worlds(), policy in model::policies()) {
        let policy = Policy { exact_bytes: true, ..policy };
        let Settled { plan, known } = model::settle(&world, &policy, &[]);
        let mut after = world.clone();
        after.execute(&plan);
        if let Some(freed) = plan.freed {
            prop_assert_eq!(freed, world.bytes(&known) - after.bytes(&known));
            prop_assert_eq!(plan.size, Some(world.bytes(&known)).filter(|_| !known.is_empty()));
        } else {
            prop_assert!(world.manifests.iter().any(|manifest| !manifest.is_readable));
        }
    }

    #[test]
    fn guards_count_as_people_do(
        world in world::worlds(),
        policy in model::policies(),
        percent in 0..=100_u8,
    ) {
        let Settled { plan, .. } = model::settle(&world, &policy, &[]);
        let limits = Limits { percent: Some(percent), count: None, allow_empty: false };
        let (tags, _) = losses(&world, &plan);
        let ordinary = |tag: &&String| world::is_ordinary(tag);
        let total = world.tags.keys().filter(ordinary).count();
        let gone = tags.iter().filter(ordinary).count();
        let verdict = plan::judge(&plan, &limits);
        if gone * 100 > total * usize::from(percent) {
            let is_share = matches!(verdict, Err(Refusal::Share { .. }));
            prop_assert!(is_share, "{:?}", verdict);
        } else if gone == total && gone > 0 {
            let is_last = matches!(verdict, Err(Refusal::Last { .. }));
            prop_assert!(is_last, "{:?}", verdict);
        }
        if verdict.is_ok() {
            prop_assert!(gone < total || gone == 0);
            let is_image = |step: &Step| match step.tags.first() {
                Some(_) => step.tags.iter().any(|tag| world::is_ordinary(tag.as_str())),
                None => step.rank == 0,
            };
            let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete);
            let loses_images = deleted.filter(|step| is_image(step)).count() > 0;
            prop_assert!(!loses_images || !plan.kept.is_empty(), "nothing is left");
        }
    }

    #[test]
    fn nothing_goes_from_what_is_half_known(world in world::worlds(), policy in model::policies()) {
        let mut graph = model::survey(&world, &[]);
        graph.gaps.push(Gap { what: "page 2".into(), why: "503".into(), is_fatal: true });
        prop_assert!(plan::complete(&graph).is_err());
        let rules = policy.rules(&[]);
        let evaluation = model::evaluate(&graph, &rules, &policy);
        prop_assert!(evaluation.wanted.is_empty());
        let plan = Plan::make(graph, evaluation, digest(0));
        prop_assert_eq!(plan.steps, []);
    }

    #[test]
    fn what_is_written_is_read_again(world in world::worlds(), policy in model::policies()) {
        let plans = vec![model::settle(&world, &policy, &[]).plan];
        let mut document = Vec::new();
        plan::write(&plans, &mut document).unwrap();
        prop_assert_eq!(plan::read(&document).unwrap(), plans);
    }
}
