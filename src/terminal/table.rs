//! Rows in columns; on a terminal too narrow for them, each row as a block of lines.

use super::{Terminal, Tone};
use crate::error::clean;

/// Between two columns.
const GAP: usize = 2;

type Row = Vec<(Tone, String)>;

/// A table with a heading.
#[derive(Debug)]
pub struct Table {
    heading: Row,
    rows: Vec<Row>,
}

impl Table {
    /// A table with these columns, separated by spaces.
    pub fn new(heading: &str) -> Self {
        let names = heading.split(' ');
        Self {
            heading: names.map(|it| (Tone::Strong, it.to_owned())).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, one cell for each column. Each cell becomes one line, an empty one a dash.
    pub fn row<const COLUMNS: usize>(&mut self, cells: [(Tone, String); COLUMNS]) {
        let cells = cells.map(|(tone, text)| match text.as_str() {
            "" => (Tone::Faint, "-".to_owned()),
            text => (tone, clean(text).into()),
        });
        self.rows.push(cells.into());
    }

    /// Prints it as a result.
    pub fn print(&self, terminal: &mut Terminal) {
        let mut widths = vec![0; self.heading.len()];
        for row in std::iter::once(&self.heading).chain(&self.rows) {
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
        for row in std::iter::once(&self.heading).chain(&self.rows) {
            let mut line = Row::new();
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
            let cells = self.heading.iter().zip(row);
            let mut cells = cells.filter(|(_, (_, text))| text != "-");
            if let Some((_, (tone, text))) = cells.next() {
                terminal.result_in_tones(&[(*tone, text)]);
            }
            for ((_, name), (tone, text)) in cells {
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
