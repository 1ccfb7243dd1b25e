//! Settings of the gRPC server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::admin::AdminListen;

/// Where and how a service listens, and how it stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address of the gRPC port.
    pub listen: SocketAddr,
    /// Address of the admin port, plaintext HTTP: metrics, and the level of the logs. `auto` for the loopback address and
    /// 1000 above the gRPC port, `off` for none.
    pub admin_listen: AdminListen,
    /// After health has turned NOT_SERVING, how long to go on as before, so that load balancers notice. Milliseconds.
    pub drain_delay_ms: u64,
    /// How long calls and background work may then take to finish before they are cut off. Milliseconds.
    pub grace_ms: u64,
    /// Most concurrent requests on one connection.
    pub max_streams_per_connection: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7700)),
            admin_listen: AdminListen::Auto,
            drain_delay_ms: 0,
            grace_ms: 20_000,
            max_streams_per_connection: 256,
        }
    }
}

impl ServerConfig {
    /// The defaults on another port of the loopback address.
    pub fn on_port(port: u16) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            ..Self::default()
        }
    }

    /// Checks the limits.
    pub fn validate(&self) -> Result<(), String> {
        if self.max_streams_per_connection == 0 {
            return Err("server.max_streams_per_connection must be at least 1".to_owned());
        }
        Ok(())
    }

    pub(crate) fn drain_delay(&self) -> Duration {
        Duration::from_millis(self.drain_delay_ms)
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}
