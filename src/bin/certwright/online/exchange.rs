//! The exchange with a server: how far it is, and the one deadline that holds for all of its parts.
//!
//! ureq 3.5 begins a new limit for each answer of a proxy to CONNECT and for each part of a write, so a proxy that sends one
//! byte at a time holds it for as long as it likes. Here every read and write of the socket gets what is left of the whole.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, RustlsConnector,
    Transport,
};
use ureq::{Agent, Error, Timeout};

/// From the look-up of the name to a connection with TLS; from there to the last byte of the answer.
const CONNECT: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Resolving,
    Connecting,
    Handshake,
    AskingProxy,
    Exchanging,
}

/// An exchange with `target`.
pub(super) struct Exchange {
    target: Uri,
    started: Instant,
    /// With the proxy, if true.
    now: Mutex<(Stage, bool)>,
}

impl Exchange {
    pub(super) fn new(target: Uri) -> Arc<Self> {
        Arc::new(Self { target, started: Instant::now(), now: Mutex::new((Stage::Resolving, false)) })
    }

    /// The agent that is bound to this exchange.
    pub(super) fn agent(self: &Arc<Self>, config: Config) -> Agent {
        let mark = |stage| Mark { exchange: self.clone(), stage };
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(Dial(self.clone()))
                .chain(mark(Stage::Handshake))
                .chain(RustlsConnector::default())
                .chain(mark(Stage::Exchanging));
        Agent::with_parts(config, connector, Lookup(self.clone()))
    }

    /// What is being done, and whether it is done with the proxy.
    pub(super) fn stage(&self) -> (Stage, bool) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the present stage may last, from the start on.
    pub(super) fn limit(&self) -> Duration {
        if self.stage().0 == Stage::Exchanging { TOTAL } else { CONNECT }
    }

    fn begin(&self, stage: Stage, with: &Uri) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = (stage, *with != self.target);
    }

    /// The time that is left.
    fn left(&self) -> Result<Duration, Error> {
        let left = self.limit().saturating_sub(self.started.elapsed());
        if left.is_zero() { Err(self.is_over()) } else { Ok(left) }
    }

    fn is_over(&self) -> Error {
        Error::Timeout(if self.stage().0 == Stage::Exchanging { Timeout::Global } else { Timeout::Connect })
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange(..)")
    }
}

/// The system's resolver, which has no limit of its own.
#[derive(Debug)]
struct Lookup(Arc<Exchange>);

impl Resolver for Lookup {
    fn resolve(&self, uri: &Uri, config: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.0.begin(Stage::Resolving, uri);
        let host = uri.host().ok_or(Error::HostNotFound)?.to_owned();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let name = format!("{host}:{port}");
        let found = match name.parse::<SocketAddr>() {
            Ok(address) => vec![address],
            Err(_) => look_up(name, self.0.left()?).ok_or_else(|| self.0.is_over())??,
        };
        let mut addresses = self.empty();
        config.ip_family().keep_wanted(found.into_iter()).take(16).for_each(|address| addresses.push(address));
        if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) }
    }
}

/// The addresses of `name`; `None` after `limit`. Where no thread can be started, the system takes as long as it takes.
fn look_up(name: String, limit: Duration) -> Option<io::Result<Vec<SocketAddr>>> {
    let look = |name: &str| name.to_socket_addrs().map(Iterator::collect);
    let (found, is_found) = mpsc::sync_channel(1);
    let own = name.clone();
    match thread::Builder::new().spawn(move || drop(found.send(look(&own)))) {
        Ok(_) => is_found.recv_timeout(limit).ok(),
        Err(_) => Some(look(&name)),
    }
}

/// Opens the socket.
#[derive(Debug)]
struct Dial(Arc<Exchange>);

impl<In: Transport> Connector<In> for Dial {
    type Out = Either<In, Socket>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        self.0.begin(Stage::Connecting, details.uri);
        let mut failure = Error::HostNotFound;
        for (at, address) in details.addrs.iter().enumerate() {
            // An address that does not answer leaves time for the others.
            let others = u32::try_from(details.addrs.len() - at).unwrap_or(1);
            match TcpStream::connect_timeout(address, self.0.left()? / others) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let buffers =
                        LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
                    return Ok(Some(Either::B(Socket { stream, buffers, exchange: self.0.clone() })));
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => failure = self.0.is_over(),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }
}

/// Begins a stage, if the connection has got so far.
#[derive(Debug)]
struct Mark {
    exchange: Arc<Exchange>,
    stage: Stage,
}

impl<In: Transport> Connector<In> for Mark {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, Error> {
        match self.stage {
            Stage::Handshake if !details.needs_tls() => {}
            Stage::Exchanging if *details.uri != self.exchange.target => {
                self.exchange.begin(Stage::AskingProxy, details.uri);
            }
            stage => self.exchange.begin(stage, details.uri),
        }
        Ok(chained)
    }
}

/// A connection that ends with the exchange's time.
struct Socket {
    stream: TcpStream,
    buffers: LazyBuffers,
    exchange: Arc<Exchange>,
}

impl Socket {
    /// `error` of reading or writing, of which two kinds say that the time is over.
    fn failed(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.exchange.is_over(),
            _ => error.into(),
        }
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let mut sent = 0;
        while sent < amount {
            self.stream.set_write_timeout(Some(self.exchange.left()?))?;
            match (&self.stream).write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        loop {
            self.stream.set_read_timeout(Some(self.exchange.left()?))?;
            match (&self.stream).read(self.buffers.input_append_buf()) {
                Ok(read) => {
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// No second request goes through it.
    fn is_open(&mut self) -> bool {
        false
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket(..)")
    }
}
