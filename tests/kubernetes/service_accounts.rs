//! `--service-account`: pull secrets are added and none is removed.

use super::{Job, NAME};

const ACCOUNT: &str = "/serviceaccounts/default";

#[test]
fn pull_secret_is_added_to_the_existing_ones() {
    let job = Job::new(&["a", "b"]);
    job.cluster
        .objects()
        .put_service_account("a", "default", &["dockerhub", "quay"]);
    let args = ["-n", "a", "-n", "b", "--service-account", "default"];
    let done = job.apply(&args);
    assert_eq!(done.code, Some(0), "{done:?}");
    let added = "service account default: changed";
    assert!(done.stdout.contains(&format!("a: {added}\nb: {added}\n")));
    let list = |namespace| job.cluster.objects().pull_secrets(namespace, "default");
    assert_eq!(list("a"), ["dockerhub", "quay", NAME]);
    assert_eq!(list("b"), [NAME]);
    // A second run changes nothing, also if the Secret is fresh.
    job.cluster.forget_requests();
    let done = job.apply(&args);
    assert!(
        done.stdout.ends_with(
            "a: service account default: unchanged\nb: service account default: unchanged\n"
        ),
        "{done:?}"
    );
    assert!(
        job.cluster
            .lines()
            .iter()
            .all(|line| line.starts_with("GET"))
    );
    assert_eq!(list("a"), ["dockerhub", "quay", NAME]);
}

#[test]
fn concurrent_change_of_the_service_account_is_kept() {
    let job = Job::new(&["a"]);
    for (before, meanwhile) in [
        (&["dockerhub"][..], &["dockerhub", "quay"][..]),
        (&[], &["quay"]),
        (&["dockerhub"], &[]),
        (&["dockerhub"], &[NAME]),
    ] {
        let mut objects = job.cluster.objects();
        objects.put_service_account("a", "default", before);
        drop(objects);
        let list = meanwhile.to_vec();
        job.cluster.meanwhile("PATCH", ACCOUNT, move |objects| {
            objects.put_service_account("a", "default", &list);
        });
        let done = job.apply(&["-n", "a", "--service-account=default"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(job.cluster.faults_left(), 0);
        let mut wanted = meanwhile.to_vec();
        wanted.retain(|name| *name != NAME);
        wanted.push(NAME);
        assert_eq!(job.cluster.objects().pull_secrets("a", "default"), wanted);
    }
}

/// The pull secret was added, but the answer was lost.
#[test]
fn lost_answer_adds_no_duplicate() {
    let job = Job::new(&["a"]);
    for before in [&["dockerhub"][..], &[]] {
        job.cluster
            .objects()
            .put_service_account("a", "default", before);
        job.cluster.hang_up("PATCH", ACCOUNT);
        let done = job.apply(&["-n", "a", "--service-account=default"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(job.cluster.faults_left(), 0);
        let list = job.cluster.objects().pull_secrets("a", "default");
        assert_eq!(list, [before, &[NAME]].concat());
    }
}

#[test]
fn endless_conflicts_end_with_an_error() {
    let job = Job::new(&["a"]);
    for n in 0..5 {
        job.cluster.meanwhile("PATCH", ACCOUNT, move |objects| {
            objects.put_service_account("a", "default", &[&format!("other-{n}")]);
        });
    }
    let done = job.apply(&["-n", "a", "--service-account=default"]);
    assert_eq!(job.cluster.faults_left(), 0);
    done.complains("service account default in namespace a: the cluster does not accept it: 422 \"the server rejected our request due to an error in our request\"");
    let list = job.cluster.objects().pull_secrets("a", "default");
    assert_eq!(list, ["other-4"]);
}

#[test]
fn missing_service_account_is_named_and_the_others_are_updated() {
    let job = Job::new(&["a"]);
    let done = job.apply(&[
        "-n",
        "a",
        "--service-account=ci",
        "--service-account=default",
    ]);
    let hint = done.complains("service account ci in namespace a: it does not exist: 404 \"serviceaccounts \"ci\" not found\"");
    assert_eq!(
        hint,
        "create it with kubectl -n a create serviceaccount ci, or leave it out of --service-account"
    );
    assert!(
        done.stdout
            .ends_with("a: service account default: changed\n")
    );
}
