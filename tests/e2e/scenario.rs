//! The scenarios, what each needs, and where they run.
//!
//! The program starts twice: first to check the machine, and then, if a scenario can run, once more
//! inside the private namespaces.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use crate::support::tally;
use crate::{
    build, crate_client, docker, docker_py, failures, image, namespace, needs, podman, resolver,
    scopes, site::Scheme, skopeo, transcript, typed,
};

/// A scenario with one client.
struct Scenario {
    name: &'static str,
    programs: &'static [&'static str],
    /// Returns a reason if there was nothing to do.
    run: fn() -> Option<String>,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "docker_logs_in_pushes_pulls_runs_and_logs_out",
        programs: docker::PROGRAMS,
        run: || docker::newest_story(Scheme::BASIC),
    },
    Scenario {
        name: "docker_works_with_a_token_service",
        programs: docker::PROGRAMS,
        run: || docker::newest_story(Scheme::Bearer),
    },
    Scenario {
        name: "distribution_docker_logs_in_pushes_pulls_runs_and_logs_out",
        programs: docker::PROGRAMS,
        run: || docker::distribution_story(Scheme::BASIC),
    },
    Scenario {
        name: "distribution_docker_works_with_a_token_service",
        programs: docker::PROGRAMS,
        run: || docker::distribution_story(Scheme::Bearer),
    },
    Scenario {
        name: "skopeo_copies_and_inspects_with_one_token",
        programs: skopeo::PROGRAMS,
        run: || skopeo::copy_and_inspect(Scheme::BASIC),
    },
    Scenario {
        name: "skopeo_works_with_a_token_service",
        programs: skopeo::PROGRAMS,
        run: || skopeo::copy_and_inspect(Scheme::Bearer),
    },
    Scenario {
        name: "six_concurrent_skopeos_share_one_token",
        programs: skopeo::PROGRAMS,
        run: skopeo::six_at_once,
    },
    Scenario {
        name: "buildah_and_podman_build_push_and_pull",
        programs: podman::PROGRAMS,
        run: || podman::build_push_pull(Scheme::BASIC),
    },
    Scenario {
        name: "buildah_and_podman_work_with_a_token_service",
        programs: podman::PROGRAMS,
        run: || podman::build_push_pull(Scheme::Bearer),
    },
    Scenario {
        name: "stored_login_wins_until_logout",
        programs: docker::PROGRAMS,
        run: typed::login_by_hand,
    },
    Scenario {
        name: "pull_only_profile_pulls_and_cannot_push",
        programs: docker::PROGRAMS,
        run: scopes::pull_only,
    },
    Scenario {
        name: "skopeo_with_pull_only_scopes_cannot_push",
        programs: skopeo::PROGRAMS,
        run: scopes::pull_only_from_the_environment,
    },
    Scenario {
        name: "token_for_one_team_cannot_access_another_repository",
        programs: docker::PROGRAMS,
        run: scopes::one_team,
    },
    Scenario {
        name: "skopeo_deletes_only_with_the_delete_action",
        programs: skopeo::PROGRAMS,
        run: scopes::delete,
    },
    Scenario {
        name: "classic_build_succeeds_with_one_failing_host_of_nine",
        programs: docker::PROGRAMS,
        run: build::newest_client,
    },
    Scenario {
        name: "distribution_docker_builds_with_on_error_not_found",
        programs: docker::PROGRAMS,
        run: build::distribution_client,
    },
    Scenario {
        name: "docker_py_looks_up_logs_in_pushes_and_pulls",
        programs: docker_py::PROGRAMS,
        run: || docker_py::story(Scheme::BASIC),
    },
    Scenario {
        name: "docker_py_works_with_a_token_service",
        programs: docker_py::PROGRAMS,
        run: || docker_py::story(Scheme::Bearer),
    },
    Scenario {
        name: "docker_py_builds_with_on_error_not_found",
        programs: docker_py::PROGRAMS,
        run: docker_py::build_with_one_broken,
    },
    Scenario {
        name: "docker_credential_crate_looks_up",
        programs: &[],
        run: crate_client::look_up,
    },
    Scenario {
        name: "docker_prints_failures",
        programs: docker::PROGRAMS,
        run: || failures::newest_docker(Scheme::BASIC),
    },
    Scenario {
        name: "docker_prints_failures_with_a_token_service",
        programs: docker::PROGRAMS,
        run: || failures::newest_docker(Scheme::Bearer),
    },
    Scenario {
        name: "distribution_docker_prints_failures",
        programs: docker::PROGRAMS,
        run: || failures::distribution_docker(Scheme::BASIC),
    },
    Scenario {
        name: "distribution_docker_prints_failures_with_a_token_service",
        programs: docker::PROGRAMS,
        run: || failures::distribution_docker(Scheme::Bearer),
    },
    Scenario {
        name: "docker_py_prints_failures",
        programs: docker_py::PROGRAMS,
        run: || failures::docker_py(Scheme::BASIC),
    },
    Scenario {
        name: "docker_py_prints_failures_with_a_token_service",
        programs: docker_py::PROGRAMS,
        run: || failures::docker_py(Scheme::Bearer),
    },
    Scenario {
        name: "skopeo_prints_failures",
        programs: skopeo::PROGRAMS,
        run: || failures::skopeo(Scheme::BASIC),
    },
    Scenario {
        name: "skopeo_prints_failures_with_a_token_service",
        programs: skopeo::PROGRAMS,
        run: || failures::skopeo(Scheme::Bearer),
    },
    Scenario {
        name: "podman_prints_failures",
        programs: podman::PROGRAMS,
        run: || failures::podman(Scheme::BASIC),
    },
    Scenario {
        name: "podman_prints_failures_with_a_token_service",
        programs: podman::PROGRAMS,
        run: || failures::podman(Scheme::Bearer),
    },
    Scenario {
        name: "buildah_prints_failures",
        programs: podman::PROGRAMS,
        run: || failures::buildah(Scheme::BASIC),
    },
    Scenario {
        name: "buildah_prints_failures_with_a_token_service",
        programs: podman::PROGRAMS,
        run: || failures::buildah(Scheme::Bearer),
    },
    Scenario {
        name: "cronjob_image_updates_a_secret",
        programs: image::PROGRAMS,
        run: image::in_a_cluster,
    },
    Scenario {
        name: "static_program_resolves_names_as_resolv_conf_and_hosts_say",
        programs: resolver::PROGRAMS,
        run: resolver::story,
    },
];

/// Runs the scenarios that this machine can run, and reports the others.
pub(crate) fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share the host names and port 443, so they run one after the other.
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
                None => {
                    tally::add("scenarios with real clients", 1);
                    Completion::Completed
                }
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
