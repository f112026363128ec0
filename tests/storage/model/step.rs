//! Steps of a random sequence.

use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;

use super::world::{ACCOUNTS, HOSTS, PROFILES};
use crate::support::fake_ionos::Fault;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) action: Action,
    /// Faults of the API during this step.
    pub(super) faults: Vec<Failure>,
    /// Signal that the first process of the step receives.
    pub(super) signal: Option<(Signal, Moment)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    After(Duration),
    /// At the start of a system call: its name, and its number among those with this name.
    At(&'static str, usize),
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Get {
        host: usize,
        profile: usize,
        account: usize,
        settings: usize,
        processes: usize,
    },
    Store {
        host: usize,
        login: Login,
    },
    Erase {
        host: usize,
        account: usize,
    },
    List,
    Prune {
        host: usize,
        account: usize,
    },
    /// Time passes, here and at the API.
    Wait(i64),
    /// The local clock is set to the API's time plus this.
    SetClock(i64),
    /// The API finishes the requests that it had not finished when their clients gave up.
    FinishLateRequests,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Login {
    /// A user name and a password entered with `docker login`.
    Typed(u32),
    /// The credential that the last `get` for the host returned.
    Minted,
    /// A rejected credential: the name of a minted token and a wrong password.
    Rejected,
    /// An identity token of a token service.
    IdentityToken,
}

/// A failure of the API for the next requests with this method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    method: &'static str,
    kind: Kind,
    effect: Effect,
    times: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Status(u16),
    Reset,
    Close,
    CutBody,
    Hang,
}

/// Whether and when the API carries the failing request out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    BeforeTheAnswer,
    AfterTheDeadline,
}

impl Step {
    /// A random step after `last`. A failed `get` is often repeated, as clients do.
    /// With `focus` most steps are about the same host, profile and account.
    pub(super) fn random(rng: &mut Rng, last: Option<&Self>, focus: bool) -> Self {
        if let Some(Self {
            action: action @ Action::Get { .. },
            faults,
            ..
        }) = last
            && !faults.is_empty()
            && rng.bool()
        {
            return Self {
                action: action.clone(),
                faults: Vec::new(),
                signal: None,
            };
        }
        let action = Action::random(rng, focus);
        let runs = !matches!(
            action,
            Action::Wait(_) | Action::SetClock(_) | Action::FinishLateRequests
        );
        let contacts = runs && !matches!(action, Action::Store { .. } | Action::List);
        let mut faults = Vec::new();
        if contacts && rng.u8(..10) < 3 {
            for _ in 0..rng.usize(1..=2) {
                faults.push(Failure::random(rng));
            }
        }
        let signal = (runs && rng.u8(..10) < 2).then(|| {
            let signal = if rng.bool() {
                Signal::KILL
            } else {
                Signal::TERM
            };
            (signal, Moment::random(rng))
        });
        Self {
            action,
            faults,
            signal,
        }
    }
}

impl Moment {
    fn random(rng: &mut Rng) -> Self {
        let calls = [
            "write", "fsync", "rename", "renameat", "unlink", "sendto", "recvfrom",
        ];
        if rng.u8(..4) == 0 {
            Self::After(Duration::from_micros(rng.u64(..40_000)))
        } else {
            Self::At(rng.choice(calls).unwrap(), rng.usize(1..=5))
        }
    }
}

impl Action {
    fn random(rng: &mut Rng, focus: bool) -> Self {
        let mut mostly_first = |count: usize| match rng.u8(..12) {
            0..11 if focus => 0,
            0..6 => 0,
            _ => rng.usize(..count),
        };
        let (host, account) = (mostly_first(HOSTS.len()), mostly_first(ACCOUNTS.len()));
        let profile = mostly_first(PROFILES.len());
        match rng.u8(..20) {
            0..10 => Self::Get {
                host,
                profile,
                account,
                settings: rng.choice([0, 0, 0, 1, 1, 2]).unwrap(),
                processes: if rng.u8(..4) == 0 { 3 } else { 1 },
            },
            10 => Self::Store {
                host,
                login: match rng.u8(..5) {
                    0 => Login::Typed(rng.u32(..)),
                    1 | 2 => Login::Minted,
                    3 => Login::Rejected,
                    _ => Login::IdentityToken,
                },
            },
            11 => Self::Erase { host, account },
            12 => Self::List,
            13 => Self::Prune { host, account },
            // Past half of a token's life and before its end.
            14..16 => Self::Wait(7 * HOUR),
            16 => Self::Wait(rng.choice([20, 5 * MINUTE, HOUR, 13 * HOUR]).unwrap()),
            // Up to more than a token's life.
            17..19 => Self::SetClock(rng.choice([0, -HOUR, HOUR, -13 * HOUR, 13 * HOUR]).unwrap()),
            _ => Self::FinishLateRequests,
        }
    }
}

impl Failure {
    fn random(rng: &mut Rng) -> Self {
        let method = rng
            .choice(["GET", "POST", "POST", "POST", "DELETE", "DELETE"])
            .unwrap();
        let kind = match rng.u8(..12) {
            0 => Kind::Status(401),
            1 => Kind::Status(403),
            // A 404 to a DELETE proves that the token is gone.
            2 if method != "DELETE" => Kind::Status(404),
            3 => Kind::Status(409),
            4 => Kind::Status(429),
            5 => Kind::Status(500),
            6 | 2 => Kind::Status(503),
            7 | 8 => Kind::Reset,
            9 => Kind::Close,
            10 => Kind::CutBody,
            _ => Kind::Hang,
        };
        // A server that refuses a POST with 4xx has created nothing.
        let effects = match (method, kind) {
            ("POST", Kind::Status(..500)) => 1,
            ("POST", _) => 3,
            _ => 2,
        };
        let effect = [
            Effect::None,
            Effect::BeforeTheAnswer,
            Effect::AfterTheDeadline,
        ];
        Self {
            method,
            kind,
            effect: effect[rng.usize(..effects)],
            times: rng.choice([1, 1, 2, usize::MAX]).unwrap(),
        }
    }

    pub(super) fn fault(self) -> Fault {
        let mut fault = match self.kind {
            Kind::Status(status) => Fault::status(status),
            Kind::Reset => Fault::reset(),
            Kind::Close => Fault::close(),
            Kind::CutBody => Fault::cut_body(),
            Kind::Hang => Fault::hang(),
        };
        fault = match self.effect {
            // CutBody sends a part of the real answer, so it has the effect in any case.
            _ if matches!(self.kind, Kind::CutBody) => fault,
            Effect::None => fault,
            Effect::BeforeTheAnswer => fault.after(),
            Effect::AfterTheDeadline => fault.late(),
        };
        fault.on_method(self.method).times(self.times)
    }
}
