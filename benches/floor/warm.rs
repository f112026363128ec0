//! The minimum cost of a warm `get`: reads stdin and one small file, parses it, prints the answer.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "nothing but the work itself"
)]

use std::io::Read as _;

use serde::Deserialize;

#[derive(Deserialize)]
struct Entry {
    username: String,
    secret: String,
}

fn main() {
    let mut server_url = String::new();
    std::io::stdin().read_to_string(&mut server_url).unwrap();
    let file = std::env::args_os().nth(1).unwrap();
    let entry: Entry = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let answer = serde_json::json!({
        "ServerURL": server_url.trim(), "Username": entry.username, "Secret": entry.secret,
    });
    println!("{answer}");
}
