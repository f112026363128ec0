//! Pull secrets for Kubernetes.

mod admission;
mod apply;
mod freshness;
mod kubelet;
mod manifest;
mod manifest_formats;
mod packaging;
mod refusals;
mod service_accounts;

use crate::support::fake_cluster::FakeCluster;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Done, Helper, Home};

/// The default name of the Secret.
const NAME: &str = "ionos-registry";

/// A job in a cluster, and the API it uses.
struct Job {
    api: FakeIonos,
    cluster: FakeCluster,
    home: Home,
}

impl Job {
    fn new(namespaces: &[&str]) -> Self {
        Self {
            api: FakeIonos::start(),
            cluster: FakeCluster::start(namespaces),
            home: Home::new(),
        }
    }

    fn helper(&self) -> Helper {
        let helper = self.home.helper_for(&self.api);
        self.cluster.pod(&self.home, "own", helper)
    }

    /// Runs `kubernetes-apply` for the demo registry with more arguments.
    fn apply(&self, args: &[&str]) -> Done {
        self.apply_as(&self.helper(), args)
    }

    fn apply_as(&self, helper: &Helper, args: &[&str]) -> Done {
        let dir = self.home.path().join("pod");
        let mut all = vec!["kubernetes-apply", "--service-account-dir"];
        all.push(dir.to_str().unwrap());
        all.push(DEMO_HOST);
        all.extend(args);
        helper.run(&all, "")
    }

    fn minted(&self) -> usize {
        self.api.count("POST", "/tokens")
    }

    /// The expiry in the annotation of the Secret.
    fn expires_at(&self, namespace: &str) -> String {
        let objects = self.cluster.objects();
        let secret = objects.secret(namespace, NAME).expect("the secret");
        let annotations = &secret["metadata"]["annotations"];
        annotations["docker-credential-ionos/expires-at"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Changes the expiry in the annotation of the Secret.
    fn set_left(&self, namespace: &str, seconds: i64) {
        let end = docker_credential_ionos::env::now() + seconds;
        let end = jiff::Timestamp::from_second(end).unwrap().to_string();
        self.cluster
            .objects()
            .edit_secret(namespace, NAME, |secret| {
                secret["metadata"]["annotations"]["docker-credential-ionos/expires-at"] =
                    end.into();
            });
    }
}

impl Done {
    /// Asserts exit 1, empty stdout and this error. Returns the hint.
    #[track_caller]
    fn refuses(&self, what: &str) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        self.complains(what)
    }

    /// Asserts exactly one error on stderr. Returns the hint.
    #[track_caller]
    fn complains(&self, what: &str) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        let lines: Vec<_> = self.stderr.lines().collect();
        let [error, hint] = lines[..] else {
            panic!("not one failure: {self:?}");
        };
        assert_eq!(error, format!("error: {what}"));
        hint.strip_prefix("hint: ").expect("a hint").to_owned()
    }
}
