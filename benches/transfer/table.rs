//! A table: work by tool, and the ratio to the first peer.

use super::tool::installed;

pub struct Table {
    title: String,
    rows: Vec<(String, Vec<Option<f64>>)>,
}

impl Table {
    pub fn new(title: &str, unit: &str) -> Self {
        Self {
            title: format!("{title} ({unit})"),
            rows: Vec::new(),
        }
    }

    /// The figures of all tools, in their order.
    pub fn add(&mut self, work: &str, figures: Vec<Option<f64>>) {
        self.rows.push((work.to_owned(), figures));
    }

    pub fn print(&self) {
        print!("{:<58}", self.title);
        for tool in installed() {
            print!("{:>10}", tool.name());
        }
        println!("{:>10}", "of crane");
        for (work, figures) in &self.rows {
            print!("{work:<58}");
            for figure in figures {
                print!("{:>10}", figure.map_or("-".to_owned(), shown));
            }
            let ratio = match figures[..] {
                [Some(ours), Some(crane), ..] if crane > 0.0 => format!("{:.2}", ours / crane),
                _ => "-".to_owned(),
            };
            println!("{ratio:>10}");
        }
        println!();
    }
}

/// Three digits at least, none of them after the point when there are three before it.
fn shown(figure: f64) -> String {
    if figure >= 100.0 || figure.fract() == 0.0 {
        format!("{figure:.0}")
    } else {
        format!("{figure:.1}")
    }
}
