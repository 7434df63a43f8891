//! Text from outside, made safe to show.

/// Writes text from outside so that neither a terminal nor a CI log can take it for a command.
///
/// Control characters, line ends and bytes that are not UTF-8 become visible escapes, and so
/// do the Unicode characters that reorder or hide text. The openings of CI log commands
/// (`##vso[`, `##teamcity[`, `##[`, `::name::`) are broken by escaping their first character.
pub fn printable(text: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for chunk in text.as_ref().utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || is_invisible(character) {
                out.extend(character.escape_default());
            } else if character == '#' && out.ends_with('#') {
                out.pop();
                out.push_str("\\x23#");
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if out.trim_start().starts_with("::") {
        out = out.replacen("::", "\\x3a:", 1);
    }
    out
}

/// Line separators, direction overrides, and characters without any width (Unicode 15,
/// category Cf as far as it belongs to no script, with all tags).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(
            printable("a\x1b[31m\r\nb\u{202e}c"),
            "a\\u{1b}[31m\\r\\nb\\u{202e}c"
        );
        assert_eq!(printable(b"v\xff1"), "v\\xff1");
        assert_eq!(
            printable("\u{61c}a\u{ad}b\u{e0041}\u{206f}"),
            "\\u{61c}a\\u{ad}b\\u{e0041}\\u{206f}"
        );
    }

    #[test]
    fn log_commands_are_broken() {
        assert_eq!(
            printable("##vso[task.setvariable]x"),
            "\\x23#vso[task.setvariable]x"
        );
        // Not even when the first sign of a pair is taken away.
        assert_eq!(printable("###vso[x]"), "\\x23\\x23#vso[x]");
        assert_eq!(printable("####[x] ##"), "\\x23\\x23\\x23#[x] \\x23#");
        assert_eq!(printable("::set-env::x"), "\\x3a:set-env::x");
        assert_eq!(printable("a::b"), "a::b");
    }
}
