//! Accepts connections and answers requests, faults included.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::fault::{Fault, FaultKind};
use super::http::{Reader, Request};
use super::response::Response;
use super::routes;
use super::state::{Shared, lock};
use super::wire::Wire;

pub fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut number = 0;
    for tcp in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(tcp) = tcp else {
            // No file descriptors left: wait until a connection is closed.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        number += 1;
        let shared = Arc::clone(shared);
        let serve = move || serve(&shared, tcp, number);
        // Small stacks, because tests open hundreds of connections.
        let builder = thread::Builder::new().stack_size(512 * 1024);
        drop(builder.spawn(serve));
    }
}

fn serve(shared: &Shared, tcp: TcpStream, number: u64) {
    drop(tcp.set_nodelay(true));
    let tcp = Arc::new(tcp);
    lock(&shared.open).insert(number, Arc::clone(&tcp));
    // Stopping closes the connections in the map. This one may have been added after that.
    if shared.stopping.load(Ordering::SeqCst) {
        return;
    }
    let mut wire = match &shared.tls {
        Some(config) => Wire::tls(tcp, Arc::clone(config)),
        None => Wire::plain(tcp),
    };
    // An error means that the client closed the connection.
    drop(converse(shared, &mut wire, number));
    // Remove it before `wire` is dropped: only the last owner of a socket closes it.
    lock(&shared.open).remove(&number);
}

fn converse(shared: &Shared, wire: &mut Wire, number: u64) -> io::Result<()> {
    let mut reader = Reader::new();
    let mut first = true;
    loop {
        if !reader.has_more() {
            if !wire.wait_for_data() {
                return Ok(());
            }
            // Later data on TLS may be the client's close_notify, which must not use up a fault.
            if (first || !wire.is_tls()) && lock(&shared.script).take_reset_before_read() {
                return Ok(());
            }
        }
        first = false;
        let request = match reader.next(wire, number) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                wire.settle()?;
                let refusal = Response::error(400, "0", &error.to_string());
                return send(shared, wire, &refusal.header("Connection", "close"));
            }
            Err(error) => return Err(error),
        };
        lock(&shared.log).push(request.clone());
        let delay = *lock(&shared.delay);
        thread::sleep(delay);
        let fault = lock(&shared.script).take(&request);
        let next = match fault {
            None => {
                wire.settle()?;
                send(shared, wire, &routes::answer(shared, &request))?;
                ControlFlow::Continue(())
            }
            Some(fault) => fail(shared, wire, &request, fault)?,
        };
        if next.is_break() || request.wants_close() {
            return Ok(());
        }
    }
}

fn send(shared: &Shared, wire: &mut Wire, response: &Response) -> io::Result<()> {
    wire.write_all(&response.encode(&shared.clock.http_date()))?;
    wire.flush()
}

fn fail(
    shared: &Shared,
    wire: &mut Wire,
    request: &Request,
    fault: Fault,
) -> io::Result<ControlFlow<()>> {
    if !matches!(fault.kind, FaultKind::Reset) {
        wire.settle()?;
    }
    // A closure, because a delay may precede the effect.
    let act = || routes::answer(shared, request);
    if fault.late {
        lock(&shared.data).late.push(request.clone());
    }
    let early = fault.after.then(act);
    let real = || early.unwrap_or_else(act);
    let date = shared.clock.http_date();
    match fault.kind {
        FaultKind::Answer(answer) => {
            send(shared, wire, &answer)?;
            return Ok(ControlFlow::Continue(()));
        }
        FaultKind::Delay(time) => {
            thread::sleep(time);
            send(shared, wire, &real())?;
            return Ok(ControlFlow::Continue(()));
        }
        FaultKind::Until(is_released) => {
            while !is_released.load(Ordering::SeqCst) && !shared.stopping.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            send(shared, wire, &real())?;
            return Ok(ControlFlow::Continue(()));
        }
        FaultKind::Hang => wire.wait_for_close(),
        FaultKind::Reset | FaultKind::Close | FaultKind::ResetBeforeRead => {}
        FaultKind::CutBody => {
            let real = real();
            let mut bytes = real.encode(&date);
            bytes.truncate(bytes.len() - real.body.len().div_ceil(2));
            wire.write_all(&bytes)?;
            wire.flush()?;
        }
        FaultKind::HugeBody(length) => huge(wire, &date, length)?,
        FaultKind::Trickle(pause) => {
            for byte in real().encode(&date) {
                wire.write_all(&[byte])?;
                wire.flush()?;
                thread::sleep(pause);
                if shared.stopping.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
        FaultKind::DropIdle => send(shared, wire, &real())?,
    }
    Ok(ControlFlow::Break(()))
}

/// A long body that stays valid JSON at every point.
fn huge(wire: &mut Wire, date: &str, length: u64) -> io::Result<()> {
    let head = Response::empty(200).header("Content-Type", "application/json");
    wire.write_all(&head.head(date, length))?;
    let block = vec![b' '; 64 * 1024];
    let mut left = length;
    while left > 0 {
        let count = left.min(block.len() as u64);
        wire.write_all(&block[..usize::try_from(count).unwrap()])?;
        left -= count;
    }
    wire.flush()
}
