//! Blobs on their way in.

use dockside::oci::Descriptor;

use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};

use super::content::{Memory, read};
use super::{open, run, told};

const SIZE: usize = 9 * 1024 * 1024 + 17;

/// A registry with a blob of [`SIZE`] bytes.
fn registry(behaviour: Behaviour) -> (ScriptedRegistry, Memory, Descriptor) {
    let registry = ScriptedRegistry::start(behaviour);
    let blob = Memory::sized(SIZE);
    registry.put_blob("a", blob.bytes());
    let descriptor = blob.descriptor();
    (registry, blob, descriptor)
}

fn ranges(registry: &ScriptedRegistry) -> Vec<Option<String>> {
    let requests = registry.requests();
    let gets = requests.iter().filter(|seen| seen.kind == Kind::GetBlob);
    gets.map(|seen| seen.header("range").map(str::to_owned))
        .collect()
}

#[test]
fn a_blob_takes_one_request() {
    for redirects in [false, true] {
        let behaviour = Behaviour {
            redirects,
            ..Behaviour::default()
        };
        let (registry, blob, descriptor) = registry(behaviour);
        let remote = open(&registry.host(), "a");
        run(async {
            let size = remote.has_blob(&descriptor.digest).await.unwrap();
            assert_eq!(size, Some(SIZE as u64));
            let (bytes, error) = read(&remote.blob(&descriptor), 0).await;
            assert!(error.is_none() && bytes == blob.bytes());
        });
        assert_eq!(registry.count(Kind::GetBlob), 1);
        assert_eq!(registry.count(Kind::Storage), usize::from(redirects));
    }
}

#[test]
fn a_size_that_is_not_said_is_asked_for() {
    let behaviour = Behaviour {
        head_length: false,
        ..Behaviour::default()
    };
    let (registry, _, descriptor) = registry(behaviour);
    let remote = open(&registry.host(), "a");
    let size = run(remote.has_blob(&descriptor.digest)).unwrap();
    assert_eq!(size, Some(SIZE as u64));
    assert_eq!(ranges(&registry), [Some("bytes=0-0".to_owned())]);
    registry.behave(|behaviour| behaviour.ranges = false);
    let size = run(remote.has_blob(&descriptor.digest)).unwrap();
    assert_eq!(size, Some(SIZE as u64));
}

#[test]
fn what_breaks_off_goes_on_from_there() {
    for ranges_honoured in [true, false] {
        let behaviour = Behaviour {
            ranges: ranges_honoured,
            ..Behaviour::default()
        };
        let (registry, blob, descriptor) = registry(behaviour);
        let remote = open(&registry.host(), "a");
        registry.fault(When::nth(Kind::GetBlob, 1), Fault::Truncate(5_000_000));
        registry.fault(When::nth(Kind::GetBlob, 2), Fault::Drop);
        let (bytes, error) = run(read(&remote.blob(&descriptor), 0));
        assert!(error.is_none() && bytes == blob.bytes());
        let ranges = ranges(&registry);
        assert_eq!(ranges.len(), 3);
        assert_eq!(ranges[0], None);
        let from: usize = ranges[1].as_deref().unwrap()[6..]
            .trim_end_matches('-')
            .parse()
            .unwrap();
        assert!((1..=5_000_000).contains(&from), "{from}");
        assert_eq!(ranges[1], ranges[2]);
    }
}

#[test]
fn the_end_of_a_wrong_blob_is_never_given() {
    let (registry, blob, descriptor) = registry(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let check = |wanted: &Descriptor, from: u64, reason: &str| {
        let (bytes, error) = run(read(&remote.blob(wanted), from));
        let (message, _) = told(error.unwrap());
        assert!(message.contains(reason), "{message}");
        assert!(
            (from as usize + bytes.len()) < wanted.size as usize,
            "{reason}"
        );
    };
    registry.fault(When::nth(Kind::GetBlob, 1), Fault::Corrupt);
    check(&descriptor, 0, "what was given for sha256:");
    // The first byte is wrong also for who asks for the last ones only.
    registry.fault(When::nth(Kind::GetBlob, 1), Fault::Corrupt);
    check(&descriptor, SIZE as u64 - 1, "what was given for sha256:");

    let mut longer = descriptor.clone();
    longer.size += 1;
    check(
        &longer,
        0,
        &format!("has {} bytes in place of {}", SIZE, SIZE + 1),
    );
    let mut shorter = descriptor.clone();
    shorter.size -= 1;
    check(
        &shorter,
        0,
        &format!("has {} bytes in place of {}", SIZE, SIZE - 1),
    );

    // Without Content-Length the size is seen at the end.
    registry.fault(
        When::nth(Kind::GetBlob, 1),
        Fault::Header("content-length", None),
    );
    check(&shorter, 0, "");

    let mut missing = descriptor;
    missing.digest = Memory::new("other").descriptor().digest;
    check(&missing, 0, "does not exist");
    drop(blob);
}

#[test]
fn content_is_opened_again_from_where_its_check_goes_on() {
    let (registry, blob, descriptor) = registry(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let content = remote.blob(&descriptor);
    let (bytes, _) = run(read(&content, 0));
    assert!(bytes == blob.bytes());
    for from in [1, 5 * 1024 * 1024, SIZE - 1, SIZE] {
        let (bytes, error) = run(read(&content, from as u64));
        assert!(error.is_none() && bytes == blob.bytes()[from..], "{from}");
    }
    let ranges = ranges(&registry);
    assert_eq!(ranges[1], None);
    for range in &ranges[2..] {
        let from: usize = range.as_deref().unwrap()[6..]
            .trim_end_matches('-')
            .parse()
            .unwrap();
        assert!(from >= 4 * 1024 * 1024, "{from}");
    }
}

#[test]
fn an_empty_blob_is_one_too() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let remote = open(&registry.host(), "a");
    let empty = Memory::new("");
    registry.put_blob("a", b"");
    let (bytes, error) = run(read(&remote.blob(&empty.descriptor()), 0));
    assert!(bytes.is_empty() && error.is_none());
    let size = run(remote.has_blob(&empty.descriptor().digest)).unwrap();
    assert_eq!(size, Some(0));
}
