use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dockside::transfer::local::{Source, open_archive, read_archive};
use serde_json::json;

use super::message;
use crate::support::images::{config, docker_save, gzip, layer, tar, zstd};

/// Which hostile archive the process of this test opens.
const ARCHIVE: &str = "TEST_HOSTILE_ARCHIVE";

fn error(tar: Vec<u8>) -> String {
    message(read_archive(Path::new("hostile"), tar).err().unwrap())
}

#[test]
fn what_is_no_archive_of_images() {
    let nothing =
        "hostile: it is no archive of images: it has neither index.json nor manifest.json";
    assert_eq!(error(Vec::new()), nothing);
    assert_eq!(error(vec![0; 10_000]), nothing);
    assert_eq!(error(tar(&[("a", b"")])), nothing);
    assert_eq!(error(b"MZ".repeat(1000)), "hostile: it is not a tar");
    assert_eq!(
        error(tar(&[("index.json", b"{}")])),
        "hostile: it is no OCI layout: it has no file oci-layout"
    );
    assert_eq!(
        error(tar(&[("index.json", b"{}"), ("oci-layout", b"")])),
        "hostile: its file oci-layout is damaged: EOF while parsing a value at line 1 column 0"
    );
    let place = tempfile::tempdir().unwrap();
    let xz = place.path().join("image.tar.xz");
    std::fs::write(&xz, b"\xfd7zXZ\0 and so on").unwrap();
    for (path, reason) in [
        (
            xz.clone(),
            "it is compressed with xz; gzip and zstd are read",
        ),
        (
            place.path().into(),
            "it is a directory: a layout in a directory is written oci:DIR",
        ),
        (
            place.path().join("nothing"),
            "No such file or directory (os error 2)",
        ),
    ] {
        let error = message(open_archive(&path).err().unwrap());
        assert_eq!(error, format!("{}: {reason}", path.display()));
    }
}

#[test]
fn nothing_outside_of_the_archive_is_read() {
    let place = tempfile::tempdir().unwrap();
    let secret = place.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let secret = secret.to_str().unwrap();
    let up = format!("../../../../../../../../../..{secret}");
    for name in [secret, &up] {
        let manifest = json!([{"Config": name, "Layers": []}]).to_string();
        let error = error(tar(&[("manifest.json", manifest.as_bytes())]));
        assert_eq!(error, format!("hostile: {name} leads out of the archive"));
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "manifest.json", name).unwrap();
        let tar = tar.into_inner().unwrap();
        let error = self::error(tar);
        assert_eq!(error, "hostile: manifest.json leads out of the archive");
    }
}

#[test]
fn json_that_is_too_much() {
    let manifest = |content: &[u8]| tar(&[("manifest.json", content)]);
    let long = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(
        error(manifest(&long)),
        "hostile: its manifest.json is longer than 4 MiB"
    );
    let deep = "[".repeat(1024 * 1024);
    assert_eq!(
        error(manifest(deep.as_bytes())),
        "hostile: its manifest.json is damaged: invalid type: sequence, expected a string at line 1 column \
         2"
    );
    let deep = format!("[{{\"x\":{deep}");
    assert_eq!(
        error(manifest(deep.as_bytes())),
        "hostile: its manifest.json is damaged: EOF while parsing a list at line 1 column 1048582"
    );
    let many = vec![json!({"Config": ""}); 1001];
    assert_eq!(
        error(manifest(json!(many).to_string().as_bytes())),
        "hostile: its manifest.json is damaged: a list has more than 1000 items at line 1 column \
         14015"
    );
    let many = json!([{"Config": "", "Layers": vec![""; 257]}]);
    assert_eq!(
        error(manifest(many.to_string().as_bytes())),
        "hostile: its manifest.json is damaged: a list has more than 256 items at line 1 column \
         795"
    );
}

/// A file of 8 EiB that says that it has a manifest of 1 GB.
struct Huge(Vec<u8>);

impl Source for Huge {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self.0.read_at(buffer, offset)? {
            0 => {
                buffer.fill(0);
                Ok(buffer.len())
            }
            read => Ok(read),
        }
    }

    fn size(&self) -> u64 {
        u64::MAX
    }
}

#[test]
fn declared_sizes_are_not_believed() {
    let mut header = tar::Header::new_gnu();
    header.set_path("manifest.json").unwrap();
    header.set_size(1_000_000_000);
    header.set_cksum();
    let tar = Huge(header.as_bytes().to_vec());
    let error = message(read_archive(Path::new("hostile"), tar).err().unwrap());
    assert_eq!(error, "hostile: its manifest.json is longer than 4 MiB");
}

#[test]
fn archives_that_are_cut_off_anywhere() {
    let layers = [layer("one"), layer("two")];
    let whole = docker_save(&config(&layers), &layers, &["app"]);
    read_archive(Path::new("whole"), whole.clone()).unwrap();
    let end = whole.len() - 1024;
    for length in (0..end).step_by(256) {
        // Only what is missing at the very end, zeros between files, does not matter.
        let opened = read_archive(Path::new("cut off"), whole[..length].to_vec());
        let padding_only = whole[length..].iter().all(|byte| *byte == 0);
        assert_eq!(opened.is_ok(), padding_only, "{length} of {end}");
    }
}

#[test]
fn any_damage_is_an_error_or_seen_in_a_digest() {
    let layers = [layer("one")];
    let whole = docker_save(&config(&layers), &layers, &["app"]);
    // Nothing to assert but that it ends, and does not panic.
    for position in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0xff;
        let _ = read_archive(Path::new("damaged"), damaged);
    }
}

/// Opens an archive in a process of its own, and then says how much memory that took at most.
#[test]
fn open_and_measure() {
    let Some(archive) = std::env::var_os(ARCHIVE) else {
        return;
    };
    let before = peak();
    let opened = open_archive(Path::new(&archive));
    let result = opened.err().map(message).unwrap_or_default();
    io::stderr()
        .write_all(format!("{} {result}", peak() - before).as_bytes())
        .unwrap();
}

/// The most memory that this process has had so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// How many KiB opening an archive took, and how it went.
fn measure(archive: &Path, input: Stdio) -> (u64, String) {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "local::hostile::open_and_measure"])
        .env(ARCHIVE, archive)
        .env("TMPDIR", place.path())
        .stdin(input)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(place.path().read_dir().unwrap().count(), 0);
    let (peak, result) = text
        .trim_end()
        .split_once(' ')
        .unwrap_or((text.trim_end(), ""));
    (peak.parse().unwrap(), result.to_owned())
}

#[test]
fn standard_input() {
    let layers = [layer("one")];
    let images = docker_save(&config(&layers), &layers, &["app"]);
    for (bytes, result) in [
        (gzip(&images), ""),
        (b"no tar".repeat(100), "-: it is not a tar"),
    ] {
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(&bytes).unwrap();
        input.rewind().unwrap();
        let (_, said) = measure(Path::new("-"), input.into());
        assert_eq!(said, result);
    }
}

#[test]
fn many_images_of_one_large_config() {
    // Each would be small; all of them, read once for each image, would take hours.
    let layers: Vec<_> = (0..200).map(|number| layer(&number.to_string())).collect();
    let config = config(&layers);
    let paths = vec!["layer"; 200];
    let image = json!({"Config": "config", "Layers": paths});
    let manifest = json!(vec![image; 101]).to_string();
    let error = error(tar(&[
        ("config", &config),
        ("layer", &layers[0]),
        ("manifest.json", manifest.as_bytes()),
    ]));
    assert_eq!(error, "hostile: its images have more than 20000 layers");
}

#[test]
fn memory_is_bounded() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = place.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let entries = |count: usize| {
        let mut tar = tar::Builder::new(Vec::new());
        for number in 0..count {
            let mut header = tar::Header::new_ustar();
            header
                .set_path(format!("blobs/sha256/{number:064}"))
                .unwrap();
            header.set_size(0);
            header.set_cksum();
            tar.append(&header, io::empty()).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let zeros = vec![0; 16 * 1024 * 1024];
    let bomb = gzip(&zeros).repeat(6);
    let layers = [layer("small"), vec![7; 4 * 1024 * 1024]];
    let images = docker_save(&config(&layers), &layers, &["app"]);
    let at = place.path().display();
    let nothing = "it is no archive of images: it has neither index.json nor manifest.json";
    let is_bomb = "it is a bomb: each byte of it becomes more than 1000";
    for (path, result) in [
        (
            file("many", &entries(50_000)),
            format!("{at}/many: {nothing}"),
        ),
        (
            file("more", &entries(60_000)),
            format!("{at}/more: its names have more than 4 MiB"),
        ),
        (file("bomb", &bomb), format!("{at}/bomb: {is_bomb}")),
        (file("images", &images), String::new()),
        (file("images.gz", &gzip(&images)), String::new()),
        (file("images.zst", &zstd(&images)), String::new()),
    ] {
        let (peak, said) = measure(&path, Stdio::null());
        assert_eq!(said, result);
        // A command may take 24 MiB, for whatever else it does too; without optimisation the
        // program itself takes some of it.
        assert!(peak < 20 * 1024, "{} took {peak} KiB", path.display());
    }
}
