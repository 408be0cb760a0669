//! The servers under load: on the loopback alone, each with a configuration and a folder of its own, gone when dropped.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::measuring::{self, Job, Scratch, quiet};
use super::parsing;
use super::workloads::{CONNECTIONS, Workload};

/// A server that runs.
pub struct Server {
    kind: Workload,
    job: Job,
    port: u16,
}

/// What a load of a server came to.
pub struct Served {
    /// Requests that were answered.
    pub requests: u64,
    /// Seconds a request, as all connections together see it: the load's time by its requests.
    pub seconds: f64,
}

impl Server {
    /// Starts it and waits until it answers.
    pub fn start(kind: Workload, scratch: &Scratch) -> Result<Server> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let dir = scratch.path(kind.name());
        fs::create_dir_all(&dir)?;
        let command = match kind {
            Workload::Nginx => {
                fs::create_dir_all(dir.join("www"))?;
                fs::write(dir.join("www/index.html"), "hello\n")?;
                fs::write(dir.join("nginx.conf"), nginx_conf(port))?;
                let mut nginx = quiet("nginx");
                nginx.arg("-p").arg(&dir).arg("-c").arg(dir.join("nginx.conf")).arg("-e").arg(dir.join("error.log"));
                nginx
            }
            Workload::Redis => {
                let mut redis = quiet("redis-server");
                redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]).arg(port.to_string());
                redis.arg("--dir").arg(&dir);
                redis
            }
            _ => bail!("{} is no server", kind.name()),
        };
        let job = Job::start(command, scratch, kind.name())?;
        let mut server = Server { kind, job, port };
        let probe = move || ask(kind, port).is_ok();
        server.job.wait_until(|_| probe()).with_context(|| format!("{} does not answer", kind.name()))?;
        Ok(server)
    }

    /// Its process id: it has one process.
    pub fn pid(&self) -> u32 {
        self.job.pid()
    }

    /// Asks it one thing, so that it makes some calls.
    pub fn poke(&self) -> Result<()> {
        ask(self.kind, self.port)
    }

    /// Lets many clients ask it: for a second, or `ops` times.
    pub fn load(&self, ops: u64, scratch: &Scratch, limit: Duration) -> Result<Served> {
        let port = self.port.to_string();
        if self.kind == Workload::Nginx {
            let mut wrk = quiet("wrk");
            wrk.args(["-t", "1", "-d", "1s", "-c"]).arg(CONNECTIONS.to_string());
            wrk.arg(format!("http://127.0.0.1:{port}/index.html"));
            let done = measuring::run(wrk, scratch, "wrk", limit)?;
            let (requests, seconds) =
                parsing::wrk(&done.stdout).with_context(|| format!("wrk found errors: {}", done.stdout.trim()))?;
            return Ok(Served { requests, seconds });
        }
        let mut bench = quiet("redis-benchmark");
        bench.args(["--csv", "-t", "set,get", "-p", &port, "-c"]).arg(CONNECTIONS.to_string());
        bench.arg("-n").arg(ops.to_string());
        let done = measuring::run(bench, scratch, "redis-benchmark", limit)?;
        let seconds = parsing::redis(&done.stdout)
            .with_context(|| format!("redis-benchmark gave no rates: {}{}", done.stdout.trim(), done.stderr.trim()))?;
        // So many times set, and so many times get.
        Ok(Served { requests: 2 * ops, seconds })
    }
}

/// One worker, which is the process itself.
fn nginx_conf(port: u16) -> String {
    let places =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path temp-{what};"));
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\nevents {{ worker_connections 256; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 1000000;\n{}\n\
         server {{ listen 127.0.0.1:{port}; root www; }}\n}}\n",
        places.join("\n")
    )
}

/// One request, and an answer of any kind.
fn ask(kind: Workload, port: u16) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let text: &[u8] = match kind {
        Workload::Nginx => b"GET /index.html HTTP/1.0\r\n\r\n",
        _ => b"PING\r\n",
    };
    stream.write_all(text)?;
    let mut answer = [0; 64];
    if stream.read(&mut answer)? == 0 {
        bail!("no answer");
    }
    Ok(())
}
