//! Choosing among things that have dates, the newest first.

use jiff::{Timestamp, ToSpan as _};

use super::settings::{Limit, Operator};

/// 1981-01-01: dates before it, in seconds of Unix, are those of builders that want the same
/// bytes each time (1970, 1980).
const FIRST_BELIEVED: i64 = 347_155_200;

/// Whether something of this date, in seconds of Unix, is told by it to be old or new at all.
fn is_believable(date: i64, now: Timestamp) -> bool {
    let tomorrow = now + 24.hours();
    (FIRST_BELIEVED..=tomorrow.as_second()).contains(&date)
}

impl Limit {
    /// Which of these dates (seconds of Unix) are chosen. What is exactly as old as the limit is
    /// too old. A missing part stands for all, so that with [`Operator::Or`] one part alone
    /// chooses all. Of equal dates the one that stands first counts as newer. A date that is not
    /// to be believed is always chosen, and takes nothing's place.
    pub(super) fn choose(&self, dates: &[i64], now: Timestamp) -> Vec<bool> {
        let mut order: Vec<(usize, i64)> = dates.iter().copied().enumerate().collect();
        order.retain(|(_, date)| is_believable(*date, now));
        order.sort_by_key(|(_, date)| std::cmp::Reverse(*date));
        let mut chosen = vec![true; dates.len()];
        let since = self.within.map(|within| {
            let within = i64::try_from(within.as_secs()).unwrap_or(i64::MAX);
            now.as_second().saturating_sub(within)
        });
        for (place, (at, date)) in order.into_iter().enumerate() {
            let is_last = self.last.is_none_or(|last| place < last as usize);
            let is_within = since.is_none_or(|since| date > since);
            if let Some(chosen) = chosen.get_mut(at) {
                *chosen = match self.operator {
                    Operator::And => is_last && is_within,
                    Operator::Or => is_last || is_within,
                };
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Limit, Operator};

    const NOW: i64 = 1_700_000_000;

    fn chosen(last: Option<u32>, hours: Option<u64>, operator: Operator, ages: &[i64]) -> Vec<i64> {
        let limit = Limit {
            last,
            within: hours.map(|hours| Duration::from_secs(hours * 3600)),
            operator,
        };
        let dates: Vec<i64> = ages.iter().map(|hours| NOW - hours * 3600).collect();
        let chosen = limit.choose(&dates, Timestamp::from_second(NOW).unwrap());
        let ages = ages.iter().zip(chosen);
        ages.filter_map(|(age, chosen)| chosen.then_some(*age))
            .collect()
    }

    #[test]
    fn limits() {
        use Operator::{And, Or};
        let ages = [30, 1, 5, 20, 10];
        for (last, hours, operator, expected) in [
            (None, None, And, vec![30, 1, 5, 20, 10]),
            (None, None, Or, vec![30, 1, 5, 20, 10]),
            (Some(2), None, And, vec![1, 5]),
            (Some(2), None, Or, vec![30, 1, 5, 20, 10]),
            (Some(0), None, And, vec![]),
            (None, Some(11), And, vec![1, 5, 10]),
            (None, Some(11), Or, vec![30, 1, 5, 20, 10]),
            (Some(2), Some(11), And, vec![1, 5]),
            (Some(4), Some(11), And, vec![1, 5, 10]),
            (Some(4), Some(11), Or, vec![1, 5, 20, 10]),
            (Some(1), Some(11), Or, vec![1, 5, 10]),
            // Exactly as old as the limit.
            (None, Some(10), And, vec![1, 5]),
        ] {
            let found = chosen(last, hours, operator, &ages);
            assert_eq!(found, expected, "{last:?} {operator:?} {hours:?}");
        }
    }

    #[test]
    fn dates_that_cannot_be_are_chosen_and_take_no_place() {
        let year = 365 * 24;
        // In 1970, and in two days.
        let ages = [54 * year, 3, -48, 2, -23];
        let found = chosen(Some(1), Some(1), Operator::And, &ages);
        assert_eq!(found, [54 * year, -48, -23]);
    }
}
