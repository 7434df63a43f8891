//! MurmurHash3, the 32-bit variant for x86 (Austin Appleby, public domain), with the seed 0: what
//! werf makes short hashes with (`pkg/slug`).

/// The hash of some bytes.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    let mut blocks = bytes.chunks_exact(4);
    let mut sum = 0_u32;
    for block in &mut blocks {
        sum ^= scrambled(word(block));
        sum = sum
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    sum ^= scrambled(word(blocks.remainder()));
    // The length counts modulo 2^32.
    sum ^= bytes.len() as u32;
    for (shift, factor) in [(16, 0x85eb_ca6b_u32), (13, 0xc2b2_ae35)] {
        sum ^= sum >> shift;
        sum = sum.wrapping_mul(factor);
    }
    sum ^ (sum >> 16)
}

/// Up to four bytes, the first one the lowest.
fn word(bytes: &[u8]) -> u32 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn scrambled(word: u32) -> u32 {
    let word = word.wrapping_mul(0xcc9e_2d51);
    word.rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn known_values() {
        for (text, expected) in [
            ("", 0),
            ("app", 0x798e_6f97),
            ("backend", 0x27db_a8ed),
            ("frontend", 0xfb49_6116),
            ("app/stage/build", 0xc070_cb32),
            ("img30", 0x01e4_d7a4),
        ] {
            assert_eq!(hash(text.as_bytes()), expected, "{text}");
        }
    }
}
