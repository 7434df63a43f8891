//! Archives of images: tar, in gzip and zstd too.

use std::io::{Read, Write};
use std::path::Path;

use dockside::oci::{Descriptor, Digest};
use dockside::transfer::local::{Reader, open_archive, read_archive};

/// How much of a blob is read, in bytes: more than there can be in the input, less than a bomb.
const MAX_READ: u64 = 1024 * 1024;

/// The size of a tar header, and what sizes are rounded to.
const BLOCK: usize = 512;

/// An archive; everything in it is read.
pub fn archive(bytes: &[u8]) {
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
        file.write_all(bytes).expect("it can be written");
        if let Ok(reader) = open_archive(file.path()) {
            read_all(&*reader);
        }
        return;
    }
    if let Ok(reader) = read_archive(Path::new("fuzz"), with_checksums(bytes)) {
        read_all(&*reader);
    }
}

fn read_all(reader: &dyn Reader) {
    for entry in reader.entries() {
        read(reader, &entry.descriptor, 4);
    }
    let _ = reader.referrers(&Digest::of(b""));
}

fn read(reader: &dyn Reader, descriptor: &Descriptor, depth: usize) {
    let Ok(Some(manifest)) = reader.manifest(descriptor) else {
        return;
    };
    assert_eq!(manifest.digest(), &descriptor.digest);
    if depth > 0 {
        for child in manifest.children() {
            read(reader, child, depth - 1);
        }
    }
    for blob in manifest.blobs() {
        for from in [0, blob.size / 2, blob.size] {
            if let Ok(content) = reader.blob(blob, from) {
                let mut content = content.take(MAX_READ);
                let _ = std::io::copy(&mut content, &mut std::io::sink());
            }
        }
    }
}

/// The same tar with right checksums, which a fuzzer does not hit by chance.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    let mut rest = tar.as_mut_slice();
    while let Some((header, content)) = rest.split_at_mut_checked(BLOCK) {
        if header.iter().any(|byte| *byte != 0) {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let size = std::str::from_utf8(&header[124..135]).unwrap_or_default();
        let size = usize::from_str_radix(size, 8).unwrap_or_default();
        let Some((_, next)) = content.split_at_mut_checked(size.next_multiple_of(BLOCK)) else {
            break;
        };
        rest = next;
    }
    tar
}
