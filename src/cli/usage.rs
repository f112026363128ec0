//! Help, and errors in the arguments.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Failure, MOST, one_line};
use crate::output::Reply;
use crate::terminal::Terminal;

/// Prints help or an error. `true` is exit code 0. For a verb of Docker's protocol the error also
/// goes to stdout, where clients read it.
pub(super) fn explain(err: &clap::Error, is_protocol: bool, terminal: &mut Terminal) -> bool {
    match err.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            terminal.help(&err.render());
            terminal.close()
        }
        // A client may call a verb of a later protocol version, and clients read stdout.
        ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand => {
            terminal.reply(Reply::failure(&unknown_command(err)))
        }
        _ if is_protocol => terminal.reply(Reply::failure(&wrong_arguments(err))),
        _ => {
            terminal.fail(&wrong_arguments(err));
            false
        }
    }
}

fn unknown_command(err: &clap::Error) -> Failure {
    let word = text(err, ContextKind::InvalidSubcommand);
    // Without a command clap puts the program's name here.
    let Some(word) = word.filter(|_| err.kind() == ErrorKind::InvalidSubcommand) else {
        return Failure::new("no command", "see docker-credential-ionos --help");
    };
    let what = format!("unknown command '{}'", one_line(&word));
    match text(err, ContextKind::SuggestedSubcommand) {
        Some(nearest) => Failure::new(what, format!("did you mean '{nearest}'?")),
        None => Failure::new(what, "see docker-credential-ionos --help"),
    }
}

/// clap's first paragraph is the error; its tip becomes the hint.
pub(super) fn wrong_arguments(err: &clap::Error) -> Failure {
    let mut rendered = err.render().to_string();
    // clap puts the reason after the value, so the value is cut, not the line.
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg] {
        if let Some(value) = text(err, kind).filter(|value| value.len() > MOST) {
            rendered = rendered.replace(&value, &one_line(&value));
        }
    }
    let mut paragraphs = rendered.split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(what);
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let tip = paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("tip: "));
    let hint = tip.map_or_else(|| "see docker-credential-ionos --help".to_owned(), one_line);
    Failure::new(what, hint)
}

fn text(err: &clap::Error, kind: ContextKind) -> Option<String> {
    match err.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}
