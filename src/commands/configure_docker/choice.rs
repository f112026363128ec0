//! Lets the user choose from the account's registries.

use super::{Session, WaitOptions};
use crate::client_config::ClientConfig;
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::ionos::account::{self, Account};
use crate::registry_host::RegistryHost;

/// How often the question is asked if the answer is invalid.
const QUESTIONS: usize = 3;

/// Lists the account's registries and asks which to configure.
pub(super) fn choose(
    present: &ClientConfig,
    wait: &WaitOptions,
    session: &mut Session<'_>,
) -> Result<Vec<RegistryHost>, Failure> {
    let (hosts, unfinished) = wait.until("the account's registry", &session.terminal, || {
        candidates(session)
    })?;
    let terminal = &mut session.terminal;
    for name in unfinished {
        terminal.say(&format!("skipped: {name}, which is still being created"));
    }
    let none_chosen = || {
        let first = hosts.first().map_or("HOST", RegistryHost::as_str);
        Failure::new(
            "no registry was chosen",
            format!("name it: docker-credential-ionos configure-docker {first}"),
        )
    };
    if !terminal.is_interactive() {
        for host in &hosts {
            terminal.result(host.as_str());
        }
        return Err(none_chosen());
    }
    terminal.say("registries of the account:");
    let digits = hosts.len().to_string().len();
    for (number, host) in (1..).zip(&hosts) {
        let helper = present.helper_for(host.as_str());
        let note = helper.map(|helper| format!("  (helper {})", one_line(helper)));
        let note = note.unwrap_or_default();
        terminal.say(&format!("  {number:>digits$}  {host}{note}"));
    }
    for _ in 0..QUESTIONS {
        let answer = terminal.ask("which? (numbers, or all)").unwrap_or_default();
        match numbers(&answer, hosts.len()) {
            Ok(numbers) if numbers.is_empty() => break,
            Ok(numbers) => {
                let chosen = numbers.into_iter().filter_map(|at| hosts.get(at - 1));
                return Ok(chosen.cloned().collect());
            }
            Err(word) => terminal.say(&format!("not a number in the list: '{}'", one_line(&word))),
        }
    }
    Err(none_chosen())
}

/// The hosts of the account's registries and of config.json, at least one, and the names of
/// registries that have no hostname yet.
fn candidates(session: &Session<'_>) -> Result<(Vec<RegistryHost>, Vec<String>), Failure> {
    let context = "cannot list the account's registries";
    let config = session.config()?;
    let settings = config.general_settings(session.profile);
    let settings = settings.map_err(Failure::permanently)?;
    let account = Account::choose(&settings)
        .and_then(|account| account.ok_or_else(|| account::missing().within(context)))
        .map_err(Failure::permanently)?;
    let deadline = Deadline::after(settings.timeout);
    let list = || {
        let api = account.connect(None, deadline);
        let api = api.map_err(Failure::permanently)?;
        let found = api.registries(None);
        found.map_err(|err| err.failure(api.access()))
    };
    let terminal = &session.terminal;
    let found = terminal.while_saying("asking for the account's registries …", list);
    let found = found.map_err(|failure| failure.asked_as(account.origin()).within(context))?;
    let mut hosts: Vec<RegistryHost> = config.registries.keys().cloned().collect();
    let mut unfinished = Vec::new();
    for registry in found {
        let Some(hostname) = registry.hostname else {
            unfinished.push(one_line(&registry.name));
            continue;
        };
        // An answer of the API must not make a client send credentials to another host.
        hosts.extend(
            RegistryHost::parse(&hostname)
                .ok()
                .filter(|host| config.is_ours(host)),
        );
    }
    hosts.sort();
    hosts.dedup();
    match (hosts.is_empty(), unfinished.first()) {
        (true, Some(name)) => Err(Failure::new(
            format!("{name} is still being created and has no hostname yet"),
            "wait for it: docker-credential-ionos configure-docker --wait",
        )),
        (true, None) => Err(Failure::new(
            "the account has no registry",
            "create one with \"ionosctl container-registry registry create\" or in the DCD",
        )),
        (false, _) => Ok((hosts, unfinished)),
    }
}

/// Parses `all`, or numbers and ranges separated by commas or spaces. The error is the invalid word.
fn numbers(answer: &str, count: usize) -> Result<Vec<usize>, String> {
    let mut numbers = Vec::new();
    for word in answer
        .split([',', ' ', '\t'])
        .filter(|word| !word.is_empty())
    {
        if word.eq_ignore_ascii_case("all") {
            return Ok((1..=count).collect());
        }
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        match (from.parse::<usize>(), to.parse::<usize>()) {
            (Ok(from), Ok(to)) if 1 <= from && from <= to && to <= count => {
                numbers.extend(from..=to);
            }
            _ => return Err(word.to_owned()),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_numbers_ranges_or_all() {
        for (answer, chosen) in [
            ("1", Ok(vec![1])),
            ("3, 1 3", Ok(vec![1, 3])),
            ("2-4", Ok(vec![2, 3, 4])),
            ("All", Ok(vec![1, 2, 3, 4])),
            ("", Ok(vec![])),
            (" , ", Ok(vec![])),
            ("0", Err("0")),
            ("1 5", Err("5")),
            ("3-2", Err("3-2")),
            ("1-", Err("1-")),
            ("-1", Err("-1")),
            ("1-2-3", Err("1-2-3")),
            ("99999999999999999999", Err("99999999999999999999")),
            ("demo", Err("demo")),
        ] {
            assert_eq!(
                numbers(answer, 4),
                chosen.map_err(str::to_owned),
                "{answer}"
            );
        }
    }
}
