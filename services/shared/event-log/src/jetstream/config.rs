//! Settings of the JetStream log.

use std::{fmt, path::PathBuf, time::Duration};

use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::Stream;

/// Settings of [`JetStreamLog`](super::JetStreamLog). All processes of one installation use the same ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct JetStreamConfig {
    /// NATS servers: `nats://host:4222`, or `tls://host:4222` to insist on TLS. One that answers is enough,
    /// the others of the cluster are learnt from it. With `nats://user:password@host:4222`, that user is used for all
    /// of them.
    pub servers: Vec<String>,
    /// NATS credentials file (`.creds`: user JWT and key) for servers that ask for one; empty for none.
    pub credentials_file: PathBuf,
    /// Set apart several installations that share one NATS account: with `T1`, the stream is `T1_ARTICLES`
    /// and its subjects are `T1.articles.>`. `A-Z a-z 0-9 -`; empty for none.
    pub stream_prefix: String,
    /// On how many servers each stream is kept: 1, 3 or 5. Raised on streams that have fewer, never lowered.
    pub replicas: usize,
    /// Limits on the size of the streams. A full stream refuses new messages and never drops old ones.
    pub max_bytes: MaxBytes,
    /// After how many days messages are dropped; 0 keeps them for ever. Must be far longer than any consumer
    /// ever lags. DICTIONARY and RETAGS are always kept.
    pub max_age_days: u32,
    /// What an acknowledged append must survive. With `always` the start is refused unless every server of NATS
    /// says that it syncs each append.
    pub durability: Durability,
    /// Where the NATS servers can be asked for their settings, for example `http://nats-0:8222`; every server of
    /// the cluster. Only needed with durability `always`.
    pub monitoring_urls: Vec<String>,
    /// For how long a repeated message id is recognised, in seconds. More than twice `append_deadline_ms`.
    pub duplicate_window_seconds: u64,
    /// How many appends of this process may wait for their acknowledgement at the same time. More than the
    /// server's ingest queue takes (10,000) is refused by it.
    pub publish_window: usize,
    /// How long to try to reach a server at the start, in milliseconds.
    pub connect_deadline_ms: u64,
    /// How long to wait for one answer to a question about streams and consumers, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long to wait for the acknowledgement of one append before it is repeated, in milliseconds.
    pub ack_timeout_ms: u64,
    /// For how long an append is repeated before it fails as unavailable, in milliseconds. A cluster needs 4
    /// to 8 seconds for a new leader.
    pub append_deadline_ms: u64,
    /// How long closing waits for what is under way, in milliseconds.
    pub close_deadline_ms: u64,
    /// After this long without a delivery a consumer is asked whether there should have been one, in milliseconds.
    pub watchdog_quiet_ms: u64,
    /// How often deliveries are asked for anew, in vain, until the consumer counts as stalled.
    pub watchdog_rebuilds: u32,
}

/// What an acknowledged append must survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// What the servers are set to: by default the death of their processes, not of their machines.
    #[default]
    Default,
    /// The death of the machines too: every server has `sync_interval: always`.
    Always,
}

impl fmt::Display for Durability {
    /// As in the settings.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Default => "default",
            Self::Always => "always",
        })
    }
}

/// Size limits of the streams in bytes; 0 for none, which leaves only the limit of the server. The server
/// sets the sum of them aside: its `max_file` must be larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaxBytes {
    /// Limit of ARTICLES.
    pub articles: u64,
    /// Limit of TAGGED.
    pub tagged: u64,
    /// Limit of DEAD_LETTERS.
    pub dead_letters: u64,
    /// Limit of ADVISORIES.
    pub advisories: u64,
    /// Limit of DICTIONARY.
    pub dictionary: u64,
    /// Limit of RETAGS.
    pub retags: u64,
}

const GIB: u64 = 1 << 30;

impl Default for JetStreamConfig {
    fn default() -> Self {
        Self {
            servers: vec!["nats://127.0.0.1:4222".to_owned()],
            credentials_file: PathBuf::new(),
            stream_prefix: String::new(),
            replicas: 1,
            max_bytes: MaxBytes::default(),
            max_age_days: 0,
            durability: Durability::Default,
            monitoring_urls: Vec::new(),
            duplicate_window_seconds: 120,
            publish_window: 1024,
            connect_deadline_ms: 10_000,
            request_timeout_ms: 5_000,
            ack_timeout_ms: 2_000,
            append_deadline_ms: 10_000,
            close_deadline_ms: 10_000,
            watchdog_quiet_ms: 15_000,
            watchdog_rebuilds: 4,
        }
    }
}

impl Default for MaxBytes {
    fn default() -> Self {
        Self {
            articles: 4 * GIB,
            tagged: 8 * GIB,
            dead_letters: GIB,
            advisories: GIB / 16,
            dictionary: GIB / 4,
            retags: GIB / 4,
        }
    }
}

impl MaxBytes {
    /// The limit of one stream, as NATS writes it: -1 for none.
    pub(super) fn of(&self, stream: Stream) -> i64 {
        let limit = match stream {
            Stream::Articles => self.articles,
            Stream::Tagged => self.tagged,
            Stream::DeadLetters => self.dead_letters,
            Stream::Advisories => self.advisories,
            Stream::Dictionary => self.dictionary,
            Stream::Retags => self.retags,
        };
        if limit == 0 {
            -1
        } else {
            i64::try_from(limit).unwrap_or(i64::MAX)
        }
    }
}

impl JetStreamConfig {
    /// Refuses settings that cannot work, or that would lose or double messages; the message names the setting.
    pub fn validate(&self) -> Result<(), String> {
        if self.servers.is_empty() {
            return Err("nats.servers must name at least one server".to_owned());
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !self.stream_prefix.chars().all(allowed) {
            return Err("nats.stream_prefix may only contain A-Z a-z 0-9 -".to_owned());
        }
        // A repetition of an append must still be recognised as one, or it is stored twice.
        if self.duplicate_window() <= self.append_deadline() * 2 {
            return Err(format!(
                "nats.duplicate_window_seconds is {}, must be more than twice nats.append_deadline_ms ({})",
                self.duplicate_window_seconds, self.append_deadline_ms
            ));
        }
        if self.publish_window == 0 {
            return Err("nats.publish_window must be at least 1".to_owned());
        }
        if self.watchdog_quiet_ms < 100 || self.watchdog_rebuilds == 0 {
            return Err(
                "nats.watchdog_quiet_ms must be at least 100 and nats.watchdog_rebuilds at least 1"
                    .to_owned(),
            );
        }
        if self.durability == Durability::Always && self.monitoring_urls.is_empty() {
            return Err(
                "nats.monitoring_urls must name every NATS server when nats.durability is always".to_owned(),
            );
        }
        for url in &self.monitoring_urls {
            monitoring_address(url)?;
        }
        Ok(())
    }

    pub(super) fn max_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.max_age_days) * 24 * 60 * 60)
    }

    pub(super) fn duplicate_window(&self) -> Duration {
        Duration::from_secs(self.duplicate_window_seconds)
    }

    pub(super) fn connect_deadline(&self) -> Duration {
        Duration::from_millis(self.connect_deadline_ms)
    }

    pub(super) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(super) fn ack_timeout(&self) -> Duration {
        Duration::from_millis(self.ack_timeout_ms)
    }

    pub(super) fn append_deadline(&self) -> Duration {
        Duration::from_millis(self.append_deadline_ms)
    }

    pub(super) fn watchdog_quiet(&self) -> Duration {
        Duration::from_millis(self.watchdog_quiet_ms)
    }

    pub(super) fn close_deadline(&self) -> Duration {
        Duration::from_millis(self.close_deadline_ms)
    }
}

/// Host and port of a monitoring URL.
pub(super) fn monitoring_address(url: &str) -> Result<String, String> {
    let wrong = || format!("nats.monitoring_urls: {url:?} is not of the form http://HOST:PORT");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let authority = uri.authority().ok_or_else(wrong)?;
    let port = authority.port_u16().ok_or_else(wrong)?;
    if uri.scheme_str() != Some("http") || authority.as_str().contains('@') || uri.path() != "/" {
        return Err(wrong());
    }
    Ok(format!("{}:{port}", authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_safe() {
        JetStreamConfig::default().validate().unwrap();
    }

    #[test]
    fn settings_that_lose_or_double_messages_are_refused() {
        let prefix = JetStreamConfig {
            stream_prefix: "a.b".to_owned(),
            ..Default::default()
        };
        let window = JetStreamConfig {
            duplicate_window_seconds: 20,
            ..Default::default()
        };
        let publish = JetStreamConfig {
            publish_window: 0,
            ..Default::default()
        };
        let unverified = JetStreamConfig {
            durability: Durability::Always,
            ..Default::default()
        };
        for config in [prefix, window, publish, unverified] {
            assert!(config.validate().is_err(), "{config:?}");
        }
    }

    #[test]
    fn monitoring_urls_have_a_host_and_a_port() {
        assert_eq!(
            monitoring_address("http://nats-0:8222").as_deref(),
            Ok("nats-0:8222")
        );
        assert_eq!(
            monitoring_address("http://[::1]:8222/").as_deref(),
            Ok("[::1]:8222")
        );
        for wrong in [
            "nats-0:8222",
            "https://nats-0:8222",
            "http://nats-0",
            "http://nats-0:8222/varz",
            "",
        ] {
            assert!(monitoring_address(wrong).is_err(), "{wrong}");
        }
    }
}
