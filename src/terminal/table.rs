//! Rows in columns; on a terminal too narrow for them, each row as a block of lines.

use super::{Terminal, Tone};

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

    /// Adds a row, one cell for each column.
    pub fn row(&mut self, cells: Vec<(Tone, String)>) {
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
            let last = row.len().saturating_sub(1);
            let mut line = String::new();
            for (column, ((tone, text), width)) in row.iter().zip(widths).enumerate() {
                line += &terminal.paint(*tone, text);
                if column < last {
                    line += &" ".repeat(width + GAP - text.chars().count());
                }
            }
            terminal.result(line.trim_end());
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
                let text = terminal.paint(*tone, text);
                if column == 0 {
                    terminal.result(&text);
                } else {
                    let name = terminal.paint(Tone::Faint, &format!("{}:", name.to_lowercase()));
                    terminal.result(&format!("  {name} {text}"));
                }
            }
        }
    }
}
