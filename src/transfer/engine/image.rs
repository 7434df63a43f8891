//! One image: from where, to where, what is asked first.

use std::sync::Arc;

use futures_util::future::{join, join_all};

use super::delivery::{Delivery, Pending};
use super::goal::Goal;
use super::root::Origin;
use super::run::Run;
use super::sink::Files;
use super::{Expectation, Image, Moved, Outcome};
use crate::transfer::error::Error;

/// What became of one target, and the layout or archive that it is in.
pub(super) type Settled = Result<(Moved, Option<Arc<Files>>), Error>;

/// Moves an image to all its targets. `number` is its place among all images.
pub(super) async fn move_image(run: Arc<Run>, number: usize, image: Image) -> Vec<Settled> {
    match deliver(run, number, &image).await {
        Ok(settled) => settled,
        Err(error) => shared(error, image.targets.len()).collect(),
    }
}

/// The same failure for several targets.
pub(super) fn shared<T>(error: Error, count: usize) -> impl Iterator<Item = Result<T, Error>> {
    let error = Arc::new(error);
    std::iter::repeat_with(move || Err(Error::Shared(Arc::clone(&error)))).take(count)
}

async fn deliver(run: Arc<Run>, number: usize, image: &Image) -> Result<Vec<Settled>, Error> {
    let origin = Origin::open(&run, &image.source).await?;
    let goals = image.targets.iter();
    let goals = goals.map(|place| Goal::new(&run, place, &image.source, &origin));
    let goals: Vec<Result<Goal, Error>> = goals.collect();
    let known = origin.digest(&run);
    let is_asked = |goal: &Goal| goal.is_asked(&run, image.expect, known);
    let is_expected = run.wishes.no_clobber || image.expect == Expectation::Present;
    let by_head = is_expected && goals.iter().flatten().all(is_asked);
    // Both sides are asked at once.
    let now = goals.iter().map(async |goal| match goal {
        Ok(goal) if is_asked(goal) => goal.now(&run).await,
        _ => Ok(None),
    });
    let (root, now) = join(origin.root(&run, by_head), join_all(now)).await;
    let delivery = Delivery {
        run: Arc::clone(&run),
        number,
        expect: image.expect,
        root: root?,
        origin,
    };

    let mut settled: Vec<(usize, Settled)> = Vec::new();
    let mut groups: Vec<Vec<Pending>> = Vec::new();
    for (number, (goal, now)) in goals.into_iter().zip(now).enumerate() {
        let accepted = goal.and_then(|goal| {
            goal.accept(&delivery.root.digest)?;
            Ok((goal, now?))
        });
        match accepted {
            Err(error) => settled.push((number, Err(error))),
            Ok((goal, Some(now))) if run.wishes.no_clobber && now != delivery.root.digest => {
                let moved = delivery.moved(&goal, now, Outcome::Kept, 0);
                settled.push((number, Ok((moved, None))));
            }
            Ok((goal, now)) => {
                let name = goal.sink.name();
                let mut known = groups.iter_mut();
                let pending = Pending { number, goal, now };
                match known.find(|g| g.iter().any(|p| p.goal.sink.name() == name)) {
                    Some(group) => group.push(pending),
                    None => groups.push(vec![pending]),
                }
            }
        }
    }
    let delivered = groups.into_iter().map(|group| delivery.to(group));
    settled.extend(join_all(delivered).await.into_iter().flatten());
    settled.sort_by_key(|(number, _)| *number);
    Ok(settled.into_iter().map(|(_, settled)| settled).collect())
}
