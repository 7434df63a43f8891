//! Groups as a table whose rows have bars.

use std::io::{self, Write};

use super::super::Group;
use super::escape;

/// How many groups have a row: as many as one sees at a glance.
const ROWS: usize = 20;

/// The width of the longest bar, in units of the drawing.
const WIDTH: u64 = 200;

/// Writes the table; the bars show bytes, or manifests where no bytes are known.
pub(super) fn write(
    title: &str,
    class: &str,
    groups: &[Group],
    out: &mut dyn Write,
) -> io::Result<()> {
    let by_bytes = groups.iter().any(|group| group.count.bytes > 0);
    let measure = |group: &Group| {
        if by_bytes {
            group.count.bytes
        } else {
            group.count.manifests.max(group.count.tags)
        }
    };
    let most = groups.iter().map(measure).max().unwrap_or_default();
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n\
         <table class=\"bars {class}\">\n<caption>{title}</caption>\n<thead><tr>\
         <th scope=\"col\">{}</th><th scope=\"col\" class=\"number\">Manifests</th>\
         <th scope=\"col\" class=\"number\">Tags</th>\
         <th scope=\"col\" class=\"number\">Bytes</th></tr></thead>\n<tbody>",
        if class == "goes" { "Reason" } else { "Rule" }
    )?;
    for group in groups.iter().take(ROWS) {
        let (why, count) = (escape(&group.why), group.count);
        let scaled = u128::from(measure(group)) * u128::from(WIDTH);
        let width = scaled.checked_div(u128::from(most)).unwrap_or_default();
        writeln!(
            out,
            "<tr><th scope=\"row\">{why}<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 6\" \
             preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect width=\"{width}\" height=\"6\"/></svg></th>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td></tr>",
            count.manifests,
            count.tags,
            count.size()
        )?;
    }
    if groups.is_empty() {
        writeln!(out, "<tr><td colspan=\"4\">Nothing</td></tr>")?;
    }
    if let Some(more) = groups.len().checked_sub(ROWS + 1) {
        let more = more + 1;
        writeln!(out, "<tr><td colspan=\"4\">{more} more</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>")
}
