//! A TCP proxy between a service and NATS, to cut the service off without its or the server's doing.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// What becomes of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// They carry.
    Open,
    /// They stay open and carry nothing, as when a network drops every packet; what was sent arrives later.
    Silent,
    /// They are closed, and new ones, too.
    Closed,
}

/// A proxy with one address for each server behind it. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    addresses: Vec<SocketAddr>,
    line: watch::Sender<Line>,
    listeners: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy to these servers.
    pub(super) async fn start(servers: &[SocketAddr]) -> std::io::Result<Self> {
        let (line, _) = watch::channel(Line::Open);
        let mut addresses = Vec::new();
        let mut listeners = Vec::new();
        for server in servers {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            addresses.push(listener.local_addr()?);
            listeners.push(tokio::spawn(listen(listener, *server, line.subscribe())));
        }
        Ok(Self {
            addresses,
            line,
            listeners,
        })
    }

    /// Where to connect to, in the order of the servers.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Changes what becomes of the connections, those that are there and new ones.
    pub(super) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}

async fn listen(listener: TcpListener, server: SocketAddr, line: watch::Receiver<Line>) {
    loop {
        // A connection that is gone before it was accepted is no matter.
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, server, line.clone()));
        }
    }
}

/// Carries one connection, until one side ends it or the line is closed.
async fn carry(client: TcpStream, server: SocketAddr, mut line: watch::Receiver<Line>) {
    if line.wait_for(|line| *line != Line::Silent).await.is_err() || *line.borrow() == Line::Closed {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Not delaying small packets is the business of the two ends; a failure only makes it slower.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut closed = line.clone();
    tokio::select! {
        () = pump(from_client, to_server, line.clone()) => (),
        () = pump(from_server, to_client, line) => (),
        // An error means that the proxy is gone.
        _ = closed.wait_for(|line| *line == Line::Closed) => (),
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if line.wait_for(|line| *line != Line::Silent).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_line_can_be_silent_and_closed_and_open_again() {
        let server = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = Proxy::start(&[server.local_addr().unwrap()]).await.unwrap();
        let mut client = TcpStream::connect(proxy.addresses()[0]).await.unwrap();
        let (mut end, _) = server.accept().await.unwrap();
        let mut byte = [0];

        proxy.set(Line::Silent);
        client.write_all(b"1").await.unwrap();
        let silent = timeout(Duration::from_millis(200), end.read_exact(&mut byte)).await;
        assert!(silent.is_err(), "nothing comes through");
        proxy.set(Line::Open);
        end.read_exact(&mut byte).await.unwrap();
        assert_eq!(byte, *b"1", "what was sent meanwhile arrives");

        proxy.set(Line::Closed);
        assert!(matches!(client.read(&mut byte).await, Ok(0) | Err(_)));
        let mut refused = TcpStream::connect(proxy.addresses()[0]).await.unwrap();
        assert!(matches!(refused.read(&mut byte).await, Ok(0) | Err(_)));
        proxy.set(Line::Open);
        let mut again = TcpStream::connect(proxy.addresses()[0]).await.unwrap();
        let (mut end, _) = server.accept().await.unwrap();
        end.write_all(b"2").await.unwrap();
        again.read_exact(&mut byte).await.unwrap();
        assert_eq!(byte, *b"2");
    }
}
