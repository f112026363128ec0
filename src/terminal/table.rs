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
    /// A table with these columns.
    pub fn new(heading: &[&str]) -> Self {
        Self {
            heading: heading.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, one cell for each column. A cell is one line, whatever is in it.
    pub fn row(&mut self, mut cells: Vec<(Tone, String)>) {
        for (_, text) in &mut cells {
            *text = clean(text).into();
        }
        self.rows.push(cells);
    }

    /// Prints it as a result.
    pub fn print(&self, terminal: &mut Terminal<'_>) {
        let widths: Vec<usize> = (0..self.heading.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let longest = cells.map(|(_, text)| text.chars().count()).max();
                self.heading[column]
                    .chars()
                    .count()
                    .max(longest.unwrap_or_default())
            })
            .collect();
        let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if total <= terminal.width() {
            self.print_columns(&widths, terminal);
        } else {
            self.print_blocks(terminal);
        }
    }

    fn print_columns(&self, widths: &[usize], terminal: &mut Terminal<'_>) {
        let heading = self.heading.iter().map(|name| (Tone::Strong, name.clone()));
        let heading: Vec<_> = heading.collect();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let gap = |width: usize, text: &str| " ".repeat(width + GAP - text.chars().count());
            let gaps: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|((_, text), width)| gap(*width, text))
                .collect();
            let mut line: Vec<(Tone, &str)> = Vec::new();
            for ((tone, text), gap) in row.iter().zip(&gaps) {
                line.push((*tone, text));
                line.push((Tone::Plain, gap));
            }
            // The last gap, and the one before an empty cell at the end.
            while line.last().is_some_and(|(_, text)| text.trim().is_empty()) {
                line.pop();
            }
            terminal.result_in_tones(&line);
        }
    }

    fn print_blocks(&self, terminal: &mut Terminal<'_>) {
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
                        (Tone::Faint, &name),
                        (Tone::Plain, " "),
                        (*tone, text),
                    ]);
                }
            }
        }
    }
}
