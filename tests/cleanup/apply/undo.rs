//! What was deleted comes back, while its layers are there.

use super::servers::servers;
use super::stage::{STEPS, Stage, block_on, options, words};
use dockside::cleanup::apply::{Backup, Options, undo};

#[test]
fn everything_comes_back() {
    for server in &*servers() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("backup");
        let stage = Stage::new(server);
        let options = Options {
            backup: Some(Backup::Directory(directory.clone())),
            ..options()
        };
        let outcomes = stage.run(&options).unwrap().outcomes;
        assert_eq!(words(&outcomes), ["done"; STEPS]);
        stage.here().bare(Some("old0"), "somebody's new image");
        let restored = block_on(async {
            let brand = stage.brand().await;
            undo(&*brand, &directory).await.unwrap()
        });
        for one in &restored {
            assert!(one.outcome.is_ok(), "{one:?}");
        }
        let taken: Vec<_> = restored.iter().flat_map(|one| &one.taken).collect();
        assert_eq!(taken, [&"old0".parse().unwrap()]);
        assert!(stage.is_there(&stage.child));
        assert_eq!(
            stage.here().named("old2"),
            Some(stage.doomed.digest.clone())
        );
        assert!(stage.here().named("old-index").is_some());
    }
}
