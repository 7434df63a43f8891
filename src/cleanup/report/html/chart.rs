//! Bytes over time as a line.

use std::io::{self, Write};

use jiff::Timestamp;

use super::escape;
use super::history::Point;
use crate::size::human;

/// The drawing's size in units of its own; the page scales it.
const WIDTH: u64 = 640;
const HEIGHT: u64 = 160;

/// Writes the line, and the same as a table.
pub(super) fn write(name: &str, points: &[Point], out: &mut dyn Write) -> io::Result<()> {
    let ([first, .., last], Some(most)) = (points, points.iter().map(|(_, bytes)| *bytes).max())
    else {
        return Ok(());
    };
    let span = last.0.abs_diff(first.0);
    let place = |(at, bytes): &Point| {
        let x = scaled(at.abs_diff(first.0), span, WIDTH);
        let y = HEIGHT - scaled(*bytes, most, HEIGHT);
        format!("{x},{y}")
    };
    let line: Vec<String> = points.iter().map(place).collect();
    let label = format!(
        "Bytes over time of {name}: {} on {}, {} on {}",
        human(first.1),
        date(first.0),
        human(last.1),
        date(last.0)
    );
    writeln!(
        out,
        "<h3>Bytes over time</h3>\n<figure class=\"chart\">\n<div class=\"plot\">\
         <div class=\"axis\" aria-hidden=\"true\"><span>{}</span><span>{}</span><span>0 B</span></div>\n\
         <svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         preserveAspectRatio=\"none\">\n\
         <line class=\"grid\" x1=\"0\" y1=\"0\" x2=\"{WIDTH}\" y2=\"0\"/>\
         <line class=\"grid\" x1=\"0\" y1=\"{middle}\" x2=\"{WIDTH}\" y2=\"{middle}\"/>\
         <line class=\"grid\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>\n\
         <polyline points=\"{}\"/>\n</svg></div>\n\
         <figcaption><span>{}</span><span>{}</span></figcaption>\n</figure>",
        human(most),
        human(most / 2),
        escape(&label),
        line.join(" "),
        date(first.0),
        date(last.0),
        middle = HEIGHT / 2,
    )?;
    writeln!(
        out,
        "<details><summary>The same as a table</summary>\n<table>\n<thead><tr>\
         <th scope=\"col\">Date</th><th scope=\"col\" class=\"number\">Bytes</th></tr></thead>\n<tbody>"
    )?;
    for (at, bytes) in points {
        let (date, bytes) = (date(*at), human(*bytes));
        writeln!(
            out,
            "<tr><td>{date}</td><td class=\"number\">{bytes}</td></tr>"
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</details>")
}

fn scaled(value: u64, most: u64, length: u64) -> u64 {
    let scaled = u128::from(value) * u128::from(length);
    let scaled = scaled.checked_div(u128::from(most)).unwrap_or_default();
    u64::try_from(scaled).unwrap_or(length).min(length)
}

fn date(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::write;

    fn chart(points: &[(i64, u64)]) -> String {
        let mut out = Vec::new();
        write("a.example/b", points, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_needs_two_points() {
        assert_eq!(chart(&[]), "");
        assert_eq!(chart(&[(1, 1)]), "");
        let text = chart(&[(0, 50), (86_400, 100), (172_800, 0)]);
        assert!(text.contains("points=\"0,80 320,0 640,160\""), "{text}");
        let label = "Bytes over time of a.example/b: 50 B on 1970-01-01, 0 B on 1970-01-03";
        assert!(text.contains(label), "{text}");
    }

    #[test]
    fn nothing_at_all_is_a_line_at_the_bottom() {
        let text = chart(&[(0, 0), (10, 0)]);
        assert!(text.contains("points=\"0,160 640,160\""), "{text}");
    }
}
