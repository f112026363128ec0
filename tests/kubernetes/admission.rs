//! Refusals of a cluster other than missing rights: quotas, admission, namespaces that are being deleted.

use super::{Job, NAME};
use crate::support::fake_cluster::status;

const POLICY_HINT: &str =
    "comply with the policy by --name or --label, or change it; more rights do not help";

/// The first line and the hint of a refused run, which mints nothing.
#[track_caller]
fn refused(job: &Job) -> (String, String) {
    let done = job.apply(&["-n", "shop"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    assert_eq!(job.minted(), 0);
    let lines: Vec<_> = done.stderr.lines().collect();
    let [error, hint] = lines[..] else {
        panic!("not one failure: {done:?}");
    };
    let start = format!("error: secret {NAME} in namespace shop: ");
    (
        error.strip_prefix(&start).expect(error).to_owned(),
        hint.strip_prefix("hint: ").expect(hint).to_owned(),
    )
}

#[test]
fn exceeded_quota_is_named() {
    let job = Job::new(&["shop"]);
    job.cluster.objects().exceed_quota("shop", "small");
    let said = format!(
        "secrets \"{NAME}\" is forbidden: exceeded quota: small, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1"
    );
    assert_eq!(
        refused(&job),
        (
            format!("a quota of the namespace is exceeded: 403 \"{said}\""),
            "raise the quota or delete what it counts: kubectl -n shop describe resourcequota"
                .into()
        )
    );
    // A quota counts new objects only.
    job.cluster.objects().put_placeholder("shop", NAME);
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
}

#[test]
fn namespace_that_is_being_deleted_is_named() {
    let job = Job::new(&["shop"]);
    job.cluster.objects().terminate("shop");
    let said = format!(
        "secrets \"{NAME}\" is forbidden: unable to create new content in namespace shop because it is being terminated"
    );
    assert_eq!(
        refused(&job),
        (
            format!("the namespace is being deleted: 403 \"{said}\""),
            "leave it out of --namespace".into()
        )
    );
}

#[test]
fn denial_of_a_policy_or_webhook_is_not_a_missing_right() {
    for (code, reason, said) in [
        (
            403,
            "Forbidden",
            "secrets \"ionos-registry\" is forbidden: ValidatingAdmissionPolicy 'no-secrets' with binding 'all' denied request: no Secrets here",
        ),
        (
            422,
            "Invalid",
            "secrets \"ionos-registry\" is forbidden: ValidatingAdmissionPolicy 'no-secrets' with binding 'all' denied request: failed expression: false",
        ),
        (
            400,
            "",
            "admission webhook \"policy.example.com\" denied the request: label team is missing",
        ),
        (
            403,
            "Forbidden",
            "admission webhook \"policy.example.com\" denied the request: no",
        ),
    ] {
        let job = Job::new(&["shop"]);
        job.cluster
            .objects()
            .deny_writes(status(code, reason, said));
        assert_eq!(
            refused(&job),
            (
                format!("an admission policy denies it: {code} \"{said}\""),
                POLICY_HINT.to_owned()
            )
        );
    }
}

#[test]
fn other_forbidden_answer_is_not_called_a_missing_right() {
    let job = Job::new(&["shop"]);
    job.cluster
        .objects()
        .deny_writes(status(403, "Forbidden", "out of office"));
    assert_eq!(
        refused(&job),
        (
            "the cluster forbids it: 403 \"out of office\"".into(),
            "the cluster's message says why; the ServiceAccount has the right".into()
        )
    );
}
