//! A server whose answers are not HTTP.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST};
use crate::support::helper::Home;
use crate::support::tally::attack;

/// Sends `first`, then `more` until the client hangs up.
#[derive(Clone, Copy)]
struct Script {
    first: &'static str,
    more: &'static str,
    pause: Duration,
}

fn serve(script: Script) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || answer(script, client));
        }
    });
    url
}

fn answer(script: Script, mut client: TcpStream) {
    let _ = client.read(&mut [0; 4096]);
    let _ = client.write_all(script.first.as_bytes());
    let times = if script.pause.is_zero() { 1024 } else { 1 };
    let more = script.more.repeat(times);
    while !more.is_empty() && client.write_all(more.as_bytes()).is_ok() {
        thread::sleep(script.pause);
    }
}

#[test]
fn answer_that_is_not_http_is_one_error_line_within_the_deadline() {
    let now = Duration::ZERO;
    let slow = Duration::from_millis(10);
    let script = |first, more, pause| Script { first, more, pause };
    for (what, script) in [
        (
            "interim answers without an end",
            script("", "HTTP/1.1 103 Early Hints\r\n\r\n", now),
        ),
        (
            "a header without an end",
            script("HTTP/1.1 200 OK\r\nX: ", "a", now),
        ),
        (
            "headers without an end",
            script("HTTP/1.1 200 OK\r\n", "X: a\r\n", now),
        ),
        ("a status without an end", script("HTTP/1.1 200 ", "a", now)),
        (
            "a body without an end",
            script("HTTP/1.1 200 OK\r\n\r\n", " ", now),
        ),
        (
            "a chunk a time",
            script(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "1\r\n \r\n",
                slow,
            ),
        ),
        (
            "a huge chunk",
            script(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
                " ",
                now,
            ),
        ),
        (
            "a negative length",
            script("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "", now),
        ),
        (
            "a length beyond 64 bits",
            script(
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
                "",
                now,
            ),
        ),
        (
            "two lengths",
            script(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 200\r\n\r\n{}",
                "",
                now,
            ),
        ),
        (
            "another protocol",
            script(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\n",
                now,
            ),
        ),
        (
            "zero bytes",
            script("HTTP/1.1 200 O\0K\r\nX\0: \0\r\n\r\n\0", "", now),
        ),
        (
            "a retry in the far future",
            script(
                "HTTP/1.1 503 x\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n",
                "",
                now,
            ),
        ),
        (
            "a retry in the past",
            script(
                "HTTP/1.1 503 x\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n",
                "",
                now,
            ),
        ),
        (
            "a date far away",
            script(
                "HTTP/1.1 503 x\r\nDate: Fri, 31 Dec 99999999999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n",
                "",
                now,
            ),
        ),
        (
            "a redirect",
            script(
                "HTTP/1.1 308 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                "",
                now,
            ),
        ),
        (
            "an encoding that was not asked for",
            script(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\u{1f}\u{8b}\u{8}",
                "",
                now,
            ),
        ),
    ] {
        attack(|| {
            let home = Home::new();
            let helper = home
                .helper()
                .env("IONOS_TOKEN", ACCOUNT_TOKEN)
                .env("IONOS_API_URL", &serve(script))
                .env("IONOS_CR_TIMEOUT", "3s");
            let start = Instant::now();
            let mut started = helper.start(&["get", DEMO_HOST], "");
            let mut most = 0;
            while started.is_running() {
                most = most.max(started.peak_memory().unwrap_or_default());
                thread::sleep(Duration::from_millis(2));
            }
            let done = started.finish();
            // Longer than the time limit, because the machine may be busy.
            assert!(start.elapsed() < Duration::from_secs(15), "{what}");
            assert!(most < 32 * 1024, "{what}: {most} KiB");
            let line = done.failure();
            assert!(line.len() < 500, "{what}: {line}");
            assert!(
                line.contains("(account from IONOS_TOKEN); "),
                "{what}: {line}"
            );
        });
    }
}
