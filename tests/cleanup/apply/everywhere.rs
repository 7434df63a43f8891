//! Something that happens at each request of a cleanup once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::servers::servers;
use super::stage::Stage;

/// More requests than the plan takes anywhere.
const MOST: usize = 120;

/// On all servers, for each number from 1 on: a stage on which `how` lets something happen at the
/// request of that number, and says how many there were, until there is no such request. So many
/// stages are played at the same time on each server.
pub fn everywhere(at_once: usize, how: impl Fn(&Stage, usize) -> usize + Sync) {
    let servers = servers();
    let numbers = || (AtomicUsize::new(1), AtomicUsize::new(MOST));
    let numbers: Vec<_> = servers.iter().map(|_| numbers()).collect();
    std::thread::scope(|scope| {
        for (server, (next, last)) in servers.iter().zip(&numbers) {
            for _ in 0..at_once {
                let how = &how;
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number > last.load(Ordering::SeqCst) {
                            return;
                        }
                        assert!(number < MOST, "no end");
                        let stage = Stage::new(server);
                        if how(&stage, number) < number {
                            last.fetch_min(number, Ordering::SeqCst);
                        }
                    }
                });
            }
        }
    });
}
