//! A client of the admin ports: plain HTTP, and metrics by name and labels.

use std::{collections::BTreeMap, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::clients::PATIENCE;

/// Sends a request; gives the status code and the body of the answer.
pub async fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let exchange = async {
        let mut connection = TcpStream::connect(address).await?;
        let head = format!("{method} {path} HTTP/1.1\r\nHost: gisa\r\nConnection: close\r\n");
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(PATIENCE, exchange)
        .await
        .expect("an answer within the patience of the tests")
        .expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.expect("a status code"), body.to_owned())
}

/// The metrics that an admin port shows.
#[derive(Debug)]
pub struct Scraped(BTreeMap<String, f64>);

impl Scraped {
    /// Reads `/metrics`.
    pub async fn from(address: SocketAddr) -> Self {
        let (status, text) = request(address, "GET", "/metrics", "").await;
        assert_eq!(status, 200, "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.filter_map(|line| line.rsplit_once(' '));
        Self(
            samples
                .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
                .collect(),
        )
    }

    /// The value of a sample, written as in the text format: `name{label="value"}`.
    pub fn value(&self, sample: &str) -> Option<f64> {
        self.0.get(sample).copied()
    }
}
