//! HTTP/1.1 as servers see it: requests come in, answers go out.

use std::io::{BufRead, Read, Write};

use super::answer::Answer;

/// A request up to its body.
#[derive(Debug, Clone)]
pub struct Head {
    pub method: String,
    /// Path and query; a whole URL at proxies, or `HOST:PORT` with `CONNECT`.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// The value of a header, named in lower case.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

/// Reads a request up to its body; `None` when none comes.
pub fn read_head(stream: &mut impl BufRead) -> Option<Head> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Head {
        method,
        target,
        headers,
    })
}

/// The body, as much of it as comes, up to `most` bytes.
pub fn read_body(stream: &mut impl BufRead, headers: &[(String, String)], most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_none() {
        let length = header(headers, "content-length").and_then(|length| length.parse().ok());
        let length = most.min(length.unwrap_or_default());
        let _ = stream.take(length as u64).read_to_end(&mut body);
        return body;
    }
    loop {
        let mut line = String::new();
        let _ = stream.read_line(&mut line);
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or_default();
        let wanted = size.min(most.saturating_sub(body.len()));
        let _ = stream.take(wanted as u64).read_to_end(&mut body);
        if body.len() >= most {
            return body;
        }
        let _ = stream.read_line(&mut line);
        if size == 0 {
            return body;
        }
    }
}

/// Writes an answer with up to `most` bytes of its body.
///
/// # Errors
/// The client does not listen any more.
pub fn write_answer(
    stream: &mut impl Write,
    answer: &Answer,
    most: usize,
    with_length: bool,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if with_length {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let body = &answer.body[..most.min(answer.body.len())];
    // In one piece: a small answer does not wait for the next one.
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}
