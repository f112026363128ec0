//! The list of scenarios, what each needs, and where they run.
//!
//! The program starts twice: first as cargo starts it, where it looks at what the machine has,
//! and then, if anything can run at all, once more inside the private namespaces.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use crate::{docker, namespace, needs, podman, skopeo, transcript, typed};

/// One story, told by one kind of client.
struct Scenario {
    name: &'static str,
    programs: &'static [&'static str],
    /// `Some(reason)`: there was nothing to do.
    run: fn() -> Option<String>,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "docker_logs_in_pushes_pulls_runs_and_logs_out",
        programs: docker::PROGRAMS,
        run: docker::newest_client,
    },
    Scenario {
        name: "the_distribution_s_docker_does_the_same",
        programs: docker::PROGRAMS,
        run: docker::distribution_client,
    },
    Scenario {
        name: "skopeo_copies_and_inspects_with_one_token",
        programs: skopeo::PROGRAMS,
        run: skopeo::copy_and_inspect,
    },
    Scenario {
        name: "six_skopeos_at_once_share_one_token",
        programs: skopeo::PROGRAMS,
        run: skopeo::six_at_once,
    },
    Scenario {
        name: "buildah_and_podman_build_push_and_pull",
        programs: podman::PROGRAMS,
        run: podman::build_push_pull,
    },
    Scenario {
        name: "a_typed_login_wins_until_logout",
        programs: docker::PROGRAMS,
        run: typed::login_by_hand,
    },
];

/// Runs the scenarios that this machine can run, and is loud about the others.
pub(crate) fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One registry, one API, one port 443: one after the other.
    arguments.test_threads = Some(1);

    let inside = namespace::inside();
    if inside {
        namespace::furnish();
    }
    let required = std::env::var_os("E2E").is_some_and(|value| value == "required");
    let missing: Vec<String> = if inside {
        Vec::new()
    } else {
        needs::privileges()
    };
    let plans: Vec<(&Scenario, Vec<String>)> = SCENARIOS
        .iter()
        .map(|scenario| {
            let programs = needs::programs(scenario.programs);
            (scenario, [missing.clone(), programs].concat())
        })
        .collect();

    let any_can_run = plans.iter().any(|(_, missing)| missing.is_empty());
    if any_can_run && !inside && !arguments.list {
        return namespace::run_again_inside();
    }
    let trials = plans
        .into_iter()
        .map(|(scenario, missing)| trial(scenario, missing, required));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    transcript::print();
    conclusion.exit_code()
}

fn trial(scenario: &'static Scenario, missing: Vec<String>, required: bool) -> Trial {
    Trial::ignorable_test(scenario.name, move || {
        if missing.is_empty() {
            return Ok(match (scenario.run)() {
                None => Completion::Completed,
                Some(reason) => {
                    eprintln!("\ne2e: SKIPPED {}: {reason}", scenario.name);
                    Completion::ignored_with(reason)
                }
            });
        }
        let reason = format!("this machine lacks {}", missing.join(", "));
        if required {
            return Err(reason.into());
        }
        eprintln!("\ne2e: SKIPPED {}: {reason}", scenario.name);
        Ok(Completion::ignored_with(reason))
    })
}
