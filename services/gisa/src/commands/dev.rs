//! `gisa dev`: the three services in one process.

mod settings;

use std::net::SocketAddr;

use anyhow::Context as _;
use gisa_service_runtime::{Assembly, LogLevel, SettingsSources, Telemetry, configuration, run::stop_signal};
use tokio::net::TcpListener;

use self::settings::DevSettings;
use super::wait_for;
use crate::{
    cli::DevArguments,
    failure::{Failure, FailureKind, tell},
    invocation, pipeline,
};

pub(crate) fn run(arguments: &DevArguments) -> Result<(), Failure> {
    let settings = load(arguments)?;
    if arguments.print_config {
        let text = configuration::to_toml(&settings).map_err(anyhow::Error::from)?;
        print!("{text}");
        return Ok(());
    }
    wait_for(async {
        let telemetry = Telemetry::start("gisa-dev", &settings.logging)?;
        let result = serve(&settings, telemetry.level()).await;
        telemetry.flush().await;
        Ok(result?)
    })
}

fn load(arguments: &DevArguments) -> Result<DevSettings, Failure> {
    let mut overrides = arguments.overrides.clone();
    if let Some(directory) = &arguments.data_dir {
        overrides.push(format!("data_dir={}", directory.display()));
    }
    if let Some(address) = arguments.listen {
        overrides.push(format!("server.listen={address}"));
    }
    SettingsSources::from_process(arguments.config.clone(), overrides)
        .load()
        .map_err(|error| Failure::new(FailureKind::Usage, error.to_string()))
}

async fn serve(settings: &DevSettings, level: LogLevel) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let wanted = settings.server.listen;
    let listener = TcpListener::bind(wanted)
        .await
        .with_context(|| format!("cannot listen on {wanted}; --listen takes another address"))?;
    let address = listener.local_addr()?;
    let mut assembly = Assembly::new();
    assembly.open_admin("gisa-dev", &settings.server, level).await?;
    pipeline::start(
        &settings.data_dir,
        &settings.ingest,
        &settings.tagging,
        &settings.query,
        &mut assembly,
    )
    .await?;
    tell_what_to_try(address, settings);
    assembly.serve(listener, &settings.server, stop).await
}

fn tell_what_to_try(address: SocketAddr, settings: &DevSettings) {
    let path = invocation::path_command().map_or_else(String::new, |command| format!("\n  {command}"));
    let other = if address.to_string() == "127.0.0.1:7700" {
        String::new()
    } else {
        format!("\n  export GISA_SERVER=http://{address}")
    };
    tell(format_args!(
        "
Gisa is running: ingest, entity tagging and query on {address}, data in {}.
In another terminal, try:{path}{other}
  gisa ingest --wait seeds/articles/*.ndjson
  gisa search 반도체
  gisa watch --since 1970-01-01
  grpcurl -plaintext {address} list
Ctrl-C stops it; started again, it goes on where it was. It listens without TLS and without passwords: keep it local.
",
        settings.data_dir.display()
    ));
}
