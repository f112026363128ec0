//! What a person reads who asked for help, or called it wrongly.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Failure, one_line};
use crate::output::Reply;
use crate::terminal::Terminal;

/// Prints the help that was asked for, or what is wrong with the arguments. `true` is exit code 0.
/// A client reads what is wrong with a verb of Docker's protocol on stdout.
pub(super) fn explain(err: &clap::Error, is_protocol: bool, terminal: &mut Terminal<'_>) -> bool {
    match err.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            terminal.help(&err.render());
            true
        }
        // A client may call what only a later release knows, and clients read stdout.
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
    // clap names the program where no command was given.
    let Some(word) = word.filter(|_| err.kind() == ErrorKind::InvalidSubcommand) else {
        return Failure::new("no command", "see docker-credential-ionos --help");
    };
    let what = format!("unknown command '{}'", one_line(&word));
    match text(err, ContextKind::SuggestedSubcommand) {
        Some(nearest) => Failure::new(what, format!("did you mean '{nearest}'?")),
        None => Failure::new(what, "see docker-credential-ionos --help"),
    }
}

/// clap's first paragraph says what is wrong; its tip is a hint like ours.
pub(super) fn wrong_arguments(err: &clap::Error) -> Failure {
    let text = err.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let what = one_line(what.strip_prefix("error: ").unwrap_or(what));
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
