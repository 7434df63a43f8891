//! A backup in a directory: an OCI layout, and numbered ones in it when that has enough. An
//! `index.json` is read and written as a whole, at most 4 MiB of it.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Kept, Place, Saved, blocking};
use crate::oci::Digest;
use crate::transfer;
use crate::transfer::local::{Entry, Reader, Writer, create_layout, open_layout};

/// How many names a layout gets: an `index.json` of some 1.5 MB, rewritten with each batch.
const MOST: usize = 2000;

/// The layouts of a backup. A tag that was saved before with another manifest is in a later one
/// again: a layout has each name once.
pub(in crate::cleanup::apply) struct Parts {
    root: PathBuf,
    /// The one that is written.
    number: usize,
    directory: PathBuf,
    layout: Arc<dyn Writer>,
    /// Its names, and what each is of.
    names: HashMap<String, Digest>,
    /// How many entries it has, each of which counts for a name at least.
    count: usize,
}

/// The layouts of a backup that is there, in order.
///
/// # Errors
/// One of them cannot be read.
pub(in crate::cleanup::apply) async fn open(
    root: &Path,
) -> Result<Vec<Arc<dyn Reader>>, transfer::Error> {
    let directory = root.to_owned();
    let open = move || {
        let layouts = directories(&directory).into_iter();
        let layouts = layouts.map(|layout| open_layout(&layout).map(Arc::from));
        layouts.collect()
    };
    blocking(root, open).await
}

fn directories(root: &Path) -> Vec<PathBuf> {
    let more = (2..).map(|number| part(root, number));
    let more = more.take_while(|directory| directory.is_dir());
    std::iter::once(root.to_owned()).chain(more).collect()
}

fn part(root: &Path, number: usize) -> PathBuf {
    root.join(format!("{number:04}"))
}

impl Parts {
    /// Goes on with a backup, or begins one.
    pub(super) fn open(root: PathBuf) -> Result<Self, transfer::Error> {
        let directories = directories(&root);
        let number = directories.len();
        let directory = directories.into_iter().next_back().unwrap_or_default();
        let layout = create_layout(&directory)?.into();
        let read = open_layout(&directory)?;
        let entries = read.entries().iter();
        let count = entries.clone().map(|entry| entry.names.len().max(1)).sum();
        let names = entries.flat_map(|entry| {
            let names = entry.names.iter().cloned();
            names.map(|name| (name, entry.descriptor.digest.clone()))
        });
        Ok(Self {
            root,
            number,
            directory,
            layout,
            names: names.collect(),
            count,
        })
    }
}

impl Place for Parts {
    fn begin(&mut self, names: &[(String, Digest)]) -> Result<(), transfer::Error> {
        let is_full = self.count > 0 && self.count + names.len().max(1) > MOST;
        let has_other = |(name, digest): &(String, Digest)| {
            let saved = self.names.get(name);
            saved.is_some_and(|saved| saved != digest)
        };
        if is_full || names.iter().any(has_other) {
            let directory = part(&self.root, self.number + 1);
            self.layout = create_layout(&directory)?.into();
            sync(&self.root, &self.root)?;
            (self.number, self.directory) = (self.number + 1, directory);
            (self.names, self.count) = (HashMap::new(), 0);
        }
        self.names.extend(names.iter().cloned());
        Ok(())
    }

    fn add<'a>(&'a self, saved: &'a Saved) -> BoxFuture<'a, Result<(), transfer::Error>> {
        Box::pin(async move {
            let (layout, directory) = (Arc::clone(&self.layout), self.directory.clone());
            let (manifest, config) = (saved.manifest.clone(), saved.config.clone());
            let write = move || {
                if let Some((descriptor, bytes)) = &config {
                    let mut blob = layout.blob(descriptor)?;
                    blob.write(bytes)?;
                    blob.commit()?;
                    sync_blob(&directory, &descriptor.digest)?;
                }
                layout.manifest(&manifest)?;
                sync_blob(&directory, manifest.digest())
            };
            blocking(&self.directory, write).await
        })
    }

    fn list(&mut self, kept: Vec<Kept>) -> BoxFuture<'_, Result<(), transfer::Error>> {
        Box::pin(async move {
            let (layout, directory) = (Arc::clone(&self.layout), self.directory.clone());
            let entries: Vec<Entry> = kept.into_iter().map(|kept| kept.entry).collect();
            let counts = entries.iter().map(|entry| entry.names.len().max(1));
            self.count += counts.sum::<usize>();
            let write = move || {
                layout.finish(&entries)?;
                sync(&directory, &directory.join("index.json"))?;
                sync(&directory, &directory)
            };
            blocking(&self.directory, write).await
        })
    }
}

fn sync_blob(directory: &Path, digest: &Digest) -> Result<(), transfer::Error> {
    let folder = directory.join("blobs").join(digest.algorithm().name());
    sync(directory, &folder.join(digest.hex()))?;
    sync(directory, &folder)
}

/// Waits until a file, or the names in a directory, are on the disk.
fn sync(layout: &Path, path: &Path) -> Result<(), transfer::Error> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| transfer::Error::File {
        path: layout.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::{Entry, Parts, Place, Saved, directories, open_layout};
    use crate::oci::media_type::OCI_INDEX;
    use crate::oci::{Digest, Manifest};

    fn saved(words: &str) -> Saved {
        let index = json!({"schemaVersion": 2, "manifests": [], "annotations": {"is": words}});
        let bytes = Bytes::from(index.to_string());
        let digest = Digest::of(&bytes);
        let manifest = Manifest::parse(bytes, digest, Some(OCI_INDEX)).unwrap();
        let entry = Entry {
            names: vec![format!("registry.example.com/app:{words}")],
            descriptor: manifest.descriptor(),
        };
        Saved {
            manifest,
            config: None,
            entry,
        }
    }

    async fn save(parts: &mut Parts, names: usize, words: &str) {
        let saved = saved(words);
        let name = |one| (format!("{words} {one}"), saved.manifest.digest().clone());
        let names: Vec<(String, Digest)> = (0..names).map(name).collect();
        parts.begin(&names).unwrap();
        parts.count += names.len() - 1;
        parts.add(&saved).await.unwrap();
        parts.list(vec![saved.kept()]).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_too_much_for_a_layout_goes_to_the_next() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("backup");
        let mut parts = Parts::open(root.clone()).unwrap();
        save(&mut parts, 1000, "one").await;
        save(&mut parts, 1000, "two").await;
        save(&mut parts, 1000, "three").await;
        let mut parts = Parts::open(root.clone()).unwrap();
        save(&mut parts, 1000, "four").await;
        let names = directories(&root).into_iter().map(|directory| {
            let layout = open_layout(&directory).unwrap();
            let names = layout
                .entries()
                .iter()
                .flat_map(|entry| entry.names.clone());
            let directory = directory.strip_prefix(home.path()).unwrap().to_owned();
            (directory.display().to_string(), names.collect::<Vec<_>>())
        });
        let name = |word: &str| format!("registry.example.com/app:{word}");
        let expected = [
            ("backup".to_owned(), vec![name("one"), name("two")]),
            ("backup/0002".to_owned(), vec![name("three"), name("four")]),
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }
}
