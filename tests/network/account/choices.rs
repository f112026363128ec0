//! Account and endpoint of a file, compared with the choice of ionosctl and Terraform.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::Home;
use crate::support::proxy::Proxy;
use crate::support::tls::Ca;

const TABLE: &str = include_str!("choices.txt");
const HOSTS: [&str; 4] = [
    DEMO_HOST,
    "demo.cr.de-txl.ionos.com",
    "demo.cr.de-fra-2.ionos.com",
    "demo.cr.ionos.com",
];

#[derive(Default)]
struct Case {
    name: &'static str,
    host: Option<&'static str>,
    env: Vec<(&'static str, &'static str)>,
    files: Vec<(&'static str, String)>,
    ionosctl: &'static str,
    terraform: &'static str,
    ours: Option<&'static str>,
    reason: &'static str,
}

impl Case {
    fn parse(text: &'static str) -> Self {
        let mut lines = text.lines();
        let mut case = Self {
            name: lines.next().unwrap(),
            ..Self::default()
        };
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some(line) = line.strip_prefix("  ") {
                let (_, content) = case.files.last_mut().unwrap();
                content.push_str(&expand(line));
                content.push('\n');
                continue;
            }
            let (key, value) = line.split_once(' ').unwrap();
            match key {
                "host" => case.host = Some(value),
                "env" => case.env.push(value.split_once('=').unwrap()),
                "file" => case.files.push((value, String::new())),
                "ionosctl" => case.ionosctl = value,
                "terraform" => case.terraform = value,
                "ours" => case.ours = Some(value),
                "because" => case.reason = value,
                _ => panic!("{line}"),
            }
        }
        case
    }

    fn mentions(&self, word: &str) -> bool {
        self.files.iter().any(|(_, content)| content.contains(word))
    }
}

fn expand(line: &str) -> String {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("@ci", _) => "currentProfile: ci\nprofiles: [{name: ci, environment: prod, credentials: {token: file-token}}]".to_owned(),
        ("@endpoints", list) => format!("environments: [{{name: prod, products: [{{name: containerregistry, endpoints: [{list}]}}]}}]"),
        _ => line.to_owned(),
    }
}

/// One fake API behind a proxy that connects every name to it.
struct Apis {
    ca: Ca,
    fake: FakeIonos,
    proxy: Proxy,
}

impl Apis {
    fn start() -> Self {
        let ca = Ca::new();
        let names = ["api.ionos.com", "a.test", "b.test"];
        let mut fake = FakeIonos::builder().tls(&ca, &names).basic("jane", "pw");
        for token in ["file", "other", "env", "json", "named"] {
            fake = fake.account_token(&format!("{token}-token"));
        }
        fake = fake.account_token("0123");
        for (n, host) in HOSTS.into_iter().enumerate() {
            fake = fake.registry(RegistrySpec::new(&format!("demo-{n}")).hostname(host));
        }
        let fake = fake.start();
        let proxy = Proxy::to(fake.address());
        Self { ca, fake, proxy }
    }

    /// "ACCOUNT at HOST", or "refused" if nothing was sent.
    fn chosen(&self, case: &Case, ca: &Ca) -> String {
        let home = Home::new();
        for (path, content) in &case.files {
            home.file(path, content);
        }
        let pem = ca.write_pem(home.path());
        let mut helper = home
            .helper()
            .env("SSL_CERT_FILE", pem.to_str().unwrap())
            .env("HTTPS_PROXY", &self.proxy.url());
        for (name, value) in &case.env {
            helper = helper.env(name, &value.replace("HOME", home.path().to_str().unwrap()));
        }
        self.fake.clear_requests();
        let done = helper.get(case.host.unwrap_or(DEMO_HOST));
        let Some(request) = self.fake.requests().pop() else {
            done.failure();
            return "refused".into();
        };
        let _ = done.credential();
        assert!(request.path.starts_with("/containerregistries/registries"));
        let authorization = request.header("authorization").unwrap();
        let account = match authorization.split_once(' ').unwrap() {
            ("Basic", pair) => String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap(),
            (_, token) => token.to_owned(),
        };
        let host = request.header("host").unwrap();
        format!("{account} at {host}")
    }
}

#[test]
fn account_and_endpoint_are_chosen_as_in_the_table() {
    let apis = Apis::start();
    let stranger = Ca::new();
    let cases: Vec<Case> = TABLE.split("\n== ").skip(1).map(Case::parse).collect();
    assert!(cases.len() >= 60);
    let mut wrong = Vec::new();
    for case in &cases {
        let mut chosen = apis.chosen(case, &apis.ca);
        let is_unverified = case.mentions("skipTlsVerify")
            && chosen != "refused"
            && apis.chosen(case, &stranger) != "refused";
        if is_unverified {
            chosen.push_str(" without verification");
        }
        let expected = case.ours.unwrap_or(case.ionosctl);
        if chosen != expected {
            wrong.push(format!("{}: {chosen}, not {expected}", case.name));
        }
        let agrees = expected == case.ionosctl && expected == case.terraform;
        assert_eq!(agrees, case.reason.is_empty(), "{}: a reason", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
