//! Faults of the API.
//!
//! The first fault that matches a request and has uses left applies.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::Request;
use super::response::{Response, usual_error_body};

#[derive(Clone, Debug)]
pub struct Fault {
    pub on: Match,
    /// `usize::MAX` means every time.
    pub times: usize,
    pub kind: FaultKind,
    /// Carry out the request before the fault, so that the client sees a failure although the
    /// effect happened.
    pub after: bool,
    /// Carry out the request when the test calls [`super::FakeIonos::finish_late_requests`], like a server that
    /// finishes after the client's deadline.
    pub late: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Match {
    pub method: Option<String>,
    pub path_contains: Option<String>,
    /// The name of a query parameter that is not empty.
    pub parameter: Option<String>,
}

#[derive(Clone, Debug)]
pub enum FaultKind {
    Answer(Response),
    /// Sends no answer until the client closes or the fake is dropped.
    Hang,
    /// RST before the request is read, so [`Match`] is ignored.
    ResetBeforeRead,
    /// RST after the request was read.
    Reset,
    /// FIN after the request was read, without an answer.
    Close,
    /// Carries out the request, sends the head and half of the body, then FIN.
    CutBody,
    /// A head with this content length, and a body of this length.
    HugeBody(u64),
    /// Carries out the request and sends the answer byte by byte.
    Trickle(Duration),
    /// Delays the real answer. `after` says whether the request is carried out before the delay.
    Delay(Duration),
    /// Delays the real answer until it is true.
    Until(Arc<AtomicBool>),
    /// Sends the real answer and closes the connection instead of keeping it alive.
    DropIdle,
}

impl Fault {
    pub fn new(kind: FaultKind) -> Self {
        Self {
            on: Match::default(),
            times: 1,
            kind,
            after: false,
            late: false,
        }
    }

    /// The error body that IONOS sends for this status.
    pub fn status(status: u16) -> Self {
        Self::replace(status, &usual_error_body(status))
    }

    /// Any JSON with any status: nulls, wrong types, missing members.
    pub fn replace(status: u16, body: &Value) -> Self {
        Self::answer(Response::json(status, body))
    }

    /// Any bytes with any status, declared as JSON.
    pub fn replace_bytes(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::replace(status, &Value::Null).body(body)
    }

    /// A redirect that keeps method and body, and could leak them.
    pub fn redirect(to: &str) -> Self {
        Self::answer(Response::empty(307)).header("Location", to)
    }

    pub fn hang() -> Self {
        Self::new(FaultKind::Hang)
    }

    pub fn reset_before_read() -> Self {
        Self::new(FaultKind::ResetBeforeRead)
    }

    pub fn reset() -> Self {
        Self::new(FaultKind::Reset)
    }

    pub fn close() -> Self {
        Self::new(FaultKind::Close)
    }

    pub fn cut_body() -> Self {
        Self::new(FaultKind::CutBody)
    }

    pub fn huge_body(bytes: u64) -> Self {
        Self::new(FaultKind::HugeBody(bytes))
    }

    pub fn trickle() -> Self {
        Self::new(FaultKind::Trickle(Duration::from_secs(1)))
    }

    pub fn delay(time: Duration) -> Self {
        Self::new(FaultKind::Delay(time))
    }

    pub fn until(is_released: &Arc<AtomicBool>) -> Self {
        Self::new(FaultKind::Until(Arc::clone(is_released)))
    }

    pub fn drop_idle() -> Self {
        Self::new(FaultKind::DropIdle)
    }

    fn answer(response: Response) -> Self {
        Self::new(FaultKind::Answer(response))
    }

    pub fn on(self, method: &str, path_contains: &str) -> Self {
        self.on_method(method).on_path(path_contains)
    }

    pub fn on_method(mut self, method: &str) -> Self {
        self.on.method = Some(method.to_owned());
        self
    }

    pub fn on_path(mut self, path_contains: &str) -> Self {
        self.on.path_contains = Some(path_contains.to_owned());
        self
    }

    /// Only requests with this query parameter.
    pub fn on_parameter(mut self, name: &str) -> Self {
        self.on.parameter = Some(name.to_owned());
        self
    }

    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    pub fn late(mut self) -> Self {
        self.late = true;
        self
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        self.change(|answer| answer.header(name, value))
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.change(|answer| answer.body(body))
    }

    /// An HTML page of a gateway in front of the API.
    pub fn html(self) -> Self {
        self.header("Content-Type", "text/html; charset=utf-8")
            .body("<html><head><title>Error</title></head>\n<body><center><h1>Error</h1></center></body></html>\n")
    }

    pub fn empty(mut self) -> Self {
        self = self.change(|answer| answer.body(""));
        if let FaultKind::Answer(answer) = &mut self.kind {
            answer.headers.retain(|(name, _)| name != "Content-Type");
        }
        self
    }

    /// The other error format of the documentation.
    pub fn msg_body(self) -> Self {
        self.change(|answer| {
            let message = super::response::reason(answer.status);
            answer.body(json!({"msg": message}).to_string())
        })
    }

    fn change(mut self, change: impl FnOnce(Response) -> Response) -> Self {
        let FaultKind::Answer(answer) = self.kind else {
            panic!("only a fault that answers has headers and a body");
        };
        self.kind = FaultKind::Answer(change(answer));
        self
    }
}

impl Match {
    fn matches(&self, request: &Request) -> bool {
        let method = self.method.as_deref();
        let path = self.path_contains.as_deref();
        let parameter = self.parameter.as_deref();
        method.is_none_or(|wanted| wanted == request.method)
            && path.is_none_or(|part| request.path.contains(part))
            && parameter.is_none_or(|name| request.query(name).is_some_and(|it| !it.is_empty()))
    }
}

#[derive(Default)]
pub struct Script(Vec<Fault>);

impl Script {
    pub fn push(&mut self, fault: Fault) {
        // A computed count may be zero.
        if fault.times > 0 {
            self.0.push(fault);
        }
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn take(&mut self, request: &Request) -> Option<Fault> {
        self.take_first(|fault| {
            !matches!(fault.kind, FaultKind::ResetBeforeRead) && fault.on.matches(request)
        })
    }

    pub fn take_reset_before_read(&mut self) -> bool {
        self.take_first(|fault| matches!(fault.kind, FaultKind::ResetBeforeRead))
            .is_some()
    }

    fn take_first(&mut self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let index = self.0.iter().position(wanted)?;
        let fault = self.0[index].clone();
        match &mut self.0[index].times {
            &mut usize::MAX => {}
            1 => drop(self.0.remove(index)),
            times => *times -= 1,
        }
        Some(fault)
    }
}
