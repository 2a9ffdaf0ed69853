//! Stands between a client and the real homeserver: records what is asked, and answers some of it itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    pub method: String,
    /// With the query.
    pub path: String,
    pub body: Vec<u8>,
}

/// What becomes of a request.
pub enum Turn {
    /// The homeserver answers.
    Pass,
    /// This is the answer.
    Answer { status: u16, kind: &'static str, body: Vec<u8>, headers: &'static str },
    /// The homeserver's answer is changed on its way.
    Change(Box<dyn FnOnce(Vec<u8>) -> Vec<u8>>),
    /// The homeserver does it, the answer is lost.
    Lose,
    /// It never reaches the homeserver.
    Drop,
    /// The homeserver answers after so long.
    Late(Duration),
    /// The homeserver's answer ends after this share (of 256) of its announced length.
    Cut(u8),
    /// The homeserver's answer comes in so many pieces, with a pause before each.
    Slow(usize, Duration),
    /// Bytes that need be no answer at all.
    Raw(Vec<u8>),
    /// The homeserver does it, the answer comes so much later.
    Overdue(Duration),
    /// The connection breaks; the request is stuck on its way, and reaches the homeserver with `Proxy::deliver`.
    Stuck,
}

impl Turn {
    pub fn json(status: u16, body: Value) -> Self {
        Self::Answer { status, kind: "application/json", body: body.to_string().into_bytes(), headers: "" }
    }
}

type Rule = Box<dyn FnMut(&Asked) -> Turn + Send>;

struct State {
    upstream: u16,
    asked: Mutex<Vec<Asked>>,
    rule: Mutex<Rule>,
    stuck: Mutex<Vec<(Vec<String>, Asked)>>,
}

#[derive(Clone)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

impl Proxy {
    /// Listens for as long as this program runs.
    pub fn start(upstream: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("port");
        let port = listener.local_addr().expect("address").port();
        let state = State {
            upstream,
            asked: Mutex::default(),
            rule: Mutex::new(Box::new(|_| Turn::Pass)),
            stuck: Mutex::default(),
        };
        let state = Arc::new(state);
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                // A client or a server that goes away in the middle is what is being tested.
                thread::spawn(move || state.serve(&stream).map_err(|_| stream.shutdown(Shutdown::Both)));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on requests are treated so.
    pub fn rule(&self, rule: impl FnMut(&Asked) -> Turn + Send + 'static) {
        *self.state.rule.lock().expect("rule") = Box::new(rule);
    }

    /// From now on the homeserver answers everything.
    pub fn pass(&self) {
        self.rule(|_| Turn::Pass);
    }

    /// Lets what is stuck reach the homeserver, whose answers nobody waits for. Returns the statuses.
    pub fn deliver(&self) -> Vec<String> {
        let stuck = std::mem::take(&mut *self.state.stuck.lock().expect("stuck"));
        let deliver =
            |(head, asked): (Vec<String>, Asked)| self.state.forward(&head, &asked).expect("delivered").0;
        stuck.into_iter().map(deliver).collect()
    }

    /// What was asked since the last call whose path contains `part`; the rest is forgotten.
    pub fn asked(&self, part: &str) -> Vec<Asked> {
        let all = std::mem::take(&mut *self.state.asked.lock().expect("asked"));
        all.into_iter().filter(|asked| asked.path.contains(part)).collect()
    }
}

impl State {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let (head, asked) = read_request(&mut reader)?;
        self.asked.lock().expect("asked").push(asked.clone());
        let turn = (self.rule.lock().expect("rule"))(&asked);
        let mut stream = stream;
        let (mut cut, mut pieces) = (None, (1, Duration::ZERO));
        let (status, headers, body) = match turn {
            Turn::Answer { status, kind, body, headers } => {
                (format!("{status} Ours"), format!("Content-Type: {kind}\r\n{headers}"), body)
            }
            Turn::Pass => self.forward(&head, &asked)?,
            Turn::Change(change) => {
                let (status, headers, body) = self.forward(&head, &asked)?;
                (status, headers, change(body))
            }
            Turn::Overdue(wait) => {
                let answer = self.forward(&head, &asked)?;
                thread::sleep(wait);
                answer
            }
            Turn::Lose => {
                self.forward(&head, &asked)?;
                return stream.shutdown(Shutdown::Both);
            }
            Turn::Drop => return stream.shutdown(Shutdown::Both),
            Turn::Stuck => {
                self.stuck.lock().expect("stuck").push((head, asked));
                return stream.shutdown(Shutdown::Both);
            }
            Turn::Late(time) => {
                thread::sleep(time);
                self.forward(&head, &asked)?
            }
            Turn::Cut(share) => {
                cut = Some(share);
                self.forward(&head, &asked)?
            }
            Turn::Slow(count, pause) => {
                pieces = (count.max(1), pause);
                self.forward(&head, &asked)?
            }
            Turn::Raw(bytes) => {
                stream.write_all(&bytes)?;
                return stream.shutdown(Shutdown::Both);
            }
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        if let Some(share) = cut {
            stream.write_all(&body[..length * usize::from(share) / 256])?;
            return stream.shutdown(Shutdown::Both);
        }
        for piece in body.chunks(length.div_ceil(pieces.0).max(1)) {
            thread::sleep(pieces.1);
            stream.write_all(piece)?;
        }
        stream.shutdown(Shutdown::Write)
    }

    /// Asks the homeserver in HTTP/1.0, which ends the answer with the connection.
    fn forward(&self, head: &[String], asked: &Asked) -> std::io::Result<(String, String, Vec<u8>)> {
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream))?;
        write!(server, "{} {} HTTP/1.0\r\n", asked.method, asked.path)?;
        for line in head {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            if !["connection", "accept-encoding", "expect"].contains(&name.as_str()) {
                write!(server, "{line}\r\n")?;
            }
        }
        server.write_all(b"Connection: close\r\n\r\n")?;
        server.write_all(&asked.body)?;
        let mut reader = BufReader::new(server);
        let mut status = String::new();
        reader.read_line(&mut status)?;
        let status = status.trim_end().split_once(' ').map(|(_, rest)| rest.to_owned());
        let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let mut headers = String::new();
        for line in read_head(&mut reader)? {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                headers.push_str(&line);
                headers.push_str("\r\n");
            }
        }
        let mut body = Vec::new();
        reader.read_to_end(&mut body)?;
        Ok((status, headers, body))
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> std::io::Result<(Vec<String>, Asked)> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let head = read_head(reader)?;
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((head, Asked { at: Instant::now(), method, path, body }))
}

fn read_head(reader: &mut impl std::io::BufRead) -> std::io::Result<Vec<String>> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "" => return Ok(head),
            line => head.push(line.to_owned()),
        }
    }
}
