//! Rows in columns; on a terminal too narrow for them, each row as a block of lines.

use super::{Terminal, Tone};
use crate::error::clean;

/// Between two columns.
const GAP: usize = 2;

/// A table with a heading.
#[derive(Debug)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<(Tone, String)>>,
}

impl Table {
    /// A table with these columns, separated by spaces.
    pub fn new(heading: &str) -> Self {
        let heading = heading.split(' ').map(ToOwned::to_owned).collect();
        let rows = Vec::new();
        Self { heading, rows }
    }

    /// Adds a row, one cell for each column. Each cell becomes one line.
    pub fn row<const COLUMNS: usize>(&mut self, cells: [(Tone, String); COLUMNS]) {
        let cells = cells.map(|(tone, text)| (tone, clean(&text).into()));
        self.rows.push(cells.into());
    }

    /// Prints it as a result.
    pub fn print(&self, terminal: &mut Terminal) {
        let mut widths: Vec<usize> = self.heading.iter().map(String::len).collect();
        for row in &self.rows {
            for ((_, text), width) in row.iter().zip(&mut widths) {
                *width = text.chars().count().max(*width);
            }
        }
        let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if total <= terminal.width() {
            self.print_columns(&widths, terminal);
        } else {
            self.print_blocks(terminal);
        }
    }

    fn print_columns(&self, widths: &[usize], terminal: &mut Terminal) {
        let heading = self.heading.iter().map(|name| (Tone::Strong, name.clone()));
        let heading: Vec<_> = heading.collect();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let mut line: Vec<(Tone, String)> = Vec::new();
            for ((tone, text), width) in row.iter().zip(widths) {
                line.push((*tone, text.clone()));
                line.push((Tone::Plain, " ".repeat(width + GAP - text.chars().count())));
            }
            // No line ends in spaces: the last column is never empty.
            line.pop();
            terminal.result_in_tones(&line);
        }
    }

    fn print_blocks(&self, terminal: &mut Terminal) {
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                terminal.result("");
            }
            for (column, (name, (tone, text))) in self.heading.iter().zip(row).enumerate() {
                if text == "-" {
                    continue;
                }
                if column == 0 {
                    terminal.result_in_tones(&[(*tone, text)]);
                } else {
                    let name = format!("  {}:", name.to_lowercase());
                    terminal.result_in_tones(&[
                        (Tone::Faint, name.as_str()),
                        (Tone::Plain, " "),
                        (*tone, text),
                    ]);
                }
            }
        }
    }
}
