//! A table of the commands that ran, for the build log.

use std::sync::Mutex;

/// A client's command.
pub(crate) struct Row {
    pub(crate) scenario: String,
    pub(crate) command: String,
    pub(crate) exit: Option<i32>,
    /// The requests that the command caused, or its version.
    pub(crate) effect: String,
}

const WIDEST: usize = 100;

static ROWS: Mutex<Vec<Row>> = Mutex::new(Vec::new());

/// Adds a row to the table.
pub(crate) fn note(row: Row) {
    ROWS.lock().unwrap().push(row);
}

/// A description of these requests for the table.
pub(crate) fn requests(calls: &[String]) -> String {
    if calls.is_empty() {
        "none".to_owned()
    } else {
        calls.join(", ")
    }
}

/// Prints the table if it has rows.
pub(crate) fn print() {
    let rows = ROWS.lock().unwrap();
    let lengths = rows.iter().map(|row| row.command.chars().count());
    // One long line must not widen the column.
    let width = lengths.max().unwrap_or_default().min(WIDEST);
    let mut scenario = "";
    for row in rows.iter() {
        if row.scenario != scenario {
            scenario = &row.scenario;
            println!("\n{scenario:width$}    exit  requests to the IONOS API");
        }
        let exit = row.exit.map_or("?".to_owned(), |code| code.to_string());
        println!("  {:width$}  {exit:>4}  {}", row.command, row.effect);
    }
}
