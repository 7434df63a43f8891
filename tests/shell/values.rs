//! Values and file names that are hostile to shells.

/// File names that an unquoted, split and globbed text could match.
pub const FILE_NAMES: &[&[u8]] = &[
    b"*",
    b"?",
    b"[a-z]",
    b"a",
    b"b",
    b"-n",
    b"-rf",
    b"-e",
    b"~",
    b"'",
    b"\"",
    b"`",
    b"$",
    b"eval",
    b"export",
    b"printf",
    b"\"`printf",
    b"K",
    b"K0=",
    b"{a,b}",
    b"$(touch canary)",
    b" ",
    b"\n",
    b";",
    b"&",
    b"|",
    b"\\",
    b"012",
    b"'012'`\";",
    b"=",
    b"#",
    b"!",
    b"\xff",
];

/// Each tries to make a file named `canary`, in one or another shell's syntax.
const ATTACKS: &[&str] = &[
    "$(touch canary)",
    "`touch canary`",
    "${IFS}touch${IFS}canary",
    ";touch canary;",
    "';touch canary;'",
    "\";touch canary;\"",
    "\\';touch canary;\\'",
    "\ntouch canary\n",
    "\r\ntouch canary\r\n",
    "|touch canary",
    "&touch canary&",
    "$(touch${IFS}canary)",
    "a'\ntouch canary\n'b",
    ")\ntouch canary\n(",
    "');touch canary;('",
    "(touch canary)",
    "(^touch canary)",
    "{ touch canary }",
    "}; touch canary; {",
    "$'\\ntouch canary'",
    "\\\ntouch canary\n",
    "%0atouch canary",
    "<(touch canary)",
    ">canary",
    "2>canary",
    "v1;touch$IFS$9canary",
    "refs/heads/$(touch${IFS}canary)",
    "' ; touch canary #",
    "EOF\ntouch canary\nEOF\n",
    "!touch",
    "!!",
    "!$",
    "x\\",
    "\\",
    "'",
    "\"",
    "\u{2019};touch canary;\u{2018}",
];

/// Ordinary values, and what is awkward without being an attack.
const AWKWARD: &[&[u8]] = &[
    b"",
    b" ",
    b"  ",
    b"\t",
    b"\n",
    b"\n\n",
    b"a\n",
    b"a\n\n",
    b"\na",
    b" a",
    b"a ",
    b"a  b",
    b"\ta\t",
    b"feature/fix-123",
    b"release-1.2",
    b"v1.2.3+build",
    b"gr\xc3\xbc\xc3\x9fe",
    b"\xe6\x97\xa5\xe6\x9c\xac",
    b"\xf0\x9f\x90\xb3",
    b"\xff\xfe",
    b"a\xc3",
    b"\xc3(",
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\x80\x81",
    b"\xef\x98\x80",
    b"\xef\x9b\xbf",
    b"\xef\xb7\x90",
    b"\xef\xbb\xbfbom",
    b"~",
    b"~root",
    b"~/x",
    b"=ls",
    b"=",
    b"==",
    b"-n",
    b"-e",
    b"--",
    b"-",
    b"-rf /",
    b"*",
    b"?",
    b"[a-z]",
    b"[!a]",
    b"@(a|b)",
    b"!(a)",
    b"+(a)",
    b"{a,b}",
    b"{1..9}",
    b"{",
    b"}",
    b"${x}",
    b"$",
    b"$$",
    b"$1",
    b"$x",
    b"$?",
    b"%",
    b"%s",
    b"%d%n",
    b"%%",
    b"100%",
    b"\\057",
    b"\\n",
    b"\\x41",
    b"\\\\",
    b"\\'",
    b"\\\"",
    b"#",
    b"a#b",
    b"# c",
    b"a # b",
    b"^",
    b"^a^b",
    b"a=b",
    b"a=b=c",
    b"a:b::c:",
    b"C:\\Windows",
    b"|0x41",
    b"##vso[task.setvariable variable=x]y",
    b"::set-env name=x::y",
    b"\x1b[31m",
    b"\x7f",
    b"\r",
    b"\r\n",
    b"a\r",
    b"0",
    b"00",
    b"1e5",
    b"true",
    b"null",
    b"\"\"",
    b"''",
    b"{\"a\": 1}",
    b"[]",
    b"0123456789",
    b"/0/1/2",
    b".",
    b"..",
    b"...",
    b"/",
    b"//",
    b",",
    b"a,b",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
];

/// What pairs and random mixes are made of.
const PIECES: &[&[u8]] = &[
    b"'",
    b"\"",
    b"`",
    b"$",
    b"\\",
    b"!",
    b"\n",
    b" ",
    b"\t",
    b"\r",
    b";",
    b"&",
    b"|",
    b"<",
    b">",
    b"(",
    b")",
    b"{",
    b"}",
    b"[",
    b"]",
    b"*",
    b"?",
    b"~",
    b"#",
    b"%",
    b"=",
    b"-",
    b"+",
    b"^",
    b"@",
    b",",
    b".",
    b"/",
    b":",
    b"a",
    b"0",
    b"7",
    b"\x01",
    b"\x1b",
    b"\x7f",
    b"\x80",
    b"\xc3",
    b"\xa9",
    b"\xff",
    b"\xc3\xa9",
];

/// More than two thousand values, always the same ones.
pub fn values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = (1..=255).map(|byte| vec![byte]).collect();
    values.extend((1..=255).map(|byte| vec![b'a', byte, b'7']));
    values.extend(ATTACKS.iter().map(|value| value.as_bytes().to_vec()));
    values.extend(AWKWARD.iter().map(|value| value.to_vec()));
    for first in PIECES.iter().step_by(2) {
        values.extend(PIECES.iter().map(|second| [*first, second].concat()));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..500 {
        let length = 3 + random.below(12);
        values.push(
            (0..length)
                .flat_map(|_| random.pick(PIECES))
                .copied()
                .collect(),
        );
    }
    values
}

/// One value near the most that Linux allows in a variable (`MAX_ARG_STRLEN`, 128 KiB).
pub fn long_value() -> Vec<u8> {
    let attacks = ATTACKS.concat();
    attacks.bytes().cycle().take(100 * 1024).collect()
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("small")
    }

    fn pick<'a>(&mut self, pieces: &[&'a [u8]]) -> &'a [u8] {
        pieces[self.below(pieces.len())]
    }
}
