//! Knot DNS: an authoritative name server that we didn't write. Its records are changed by dynamic updates (RFC 2136).

use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How often it is asked whether it answers yet, and how long it may take in between.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// A running name server on one loopback port. It ends when it is dropped.
pub struct Knot {
    process: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Drop for Knot {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

impl Knot {
    /// A server of these zones, each with one name server, at this address.
    pub async fn start(zones: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = directory.path().display();
        let mut config = format!(
            "server:\n  listen: 127.0.0.1@{port}\n  rundir: {path}\ndatabase:\n  storage: {path}\n\
             acl:\n  - id: here\n    address: 127.0.0.1\n    action: update\nzone:\n"
        );
        for zone in zones {
            let text = format!(
                "$ORIGIN {zone}.\n$TTL 60\n@ SOA ns1 admin 1 3600 600 86400 600\n@ NS ns1\nns1 A 127.0.0.1\n"
            );
            std::fs::write(directory.path().join(format!("{zone}.zone")), text).unwrap();
            config.push_str(&format!(
                "  - domain: {zone}\n    storage: {path}\n    file: {zone}.zone\n    acl: here\n"
            ));
        }
        let file = directory.path().join("knot.conf");
        std::fs::write(&file, config).unwrap();
        let started =
            Command::new("knotd").arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process =
            started.unwrap_or_else(|problem| panic!("knotd does not start: {problem}; run tests/run"));
        let knot = Self { process, address: SocketAddr::from(([127, 0, 0, 1], port)), _directory: directory };
        for zone in zones {
            knot.wait_for(zone).await;
        }
        knot
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes a zone: lines of an update's prescription, such as `add x.acme.com. 60 TXT "y"`.
    pub fn update(&self, zone: &str, lines: &[String]) {
        let script = format!(
            "server {} {}\nzone {zone}.\n{}\nsend\nquit\n",
            self.address.ip(),
            self.address.port(),
            lines.join("\n")
        );
        let mut update = Command::new("knsupdate").stdin(Stdio::piped()).spawn().unwrap();
        update.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(update.wait().unwrap().success(), "the update was refused: {script}");
    }

    async fn wait_for(&self, zone: &str) {
        for _ in 0..TRIES {
            let asked = Command::new("kdig")
                .args([
                    "+short",
                    "+time=1",
                    "+retry=0",
                    "@127.0.0.1",
                    "-p",
                    &self.address.port().to_string(),
                    zone,
                    "SOA",
                ])
                .output()
                .unwrap();
            if String::from_utf8_lossy(&asked.stdout).contains("ns1") {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("knotd does not answer for {zone}");
    }
}
