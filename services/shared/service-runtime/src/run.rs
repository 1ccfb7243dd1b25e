//! The `main` of a service: parse, load settings, start logs, bind, assemble, serve until a signal, drain.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use futures::future::BoxFuture;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing::{info, warn};

use crate::{
    Assembly, LogLevel, LoggingConfig, ServerConfig, Settings, SettingsSources, Telemetry, configuration,
    healthcheck,
};

/// Exit code when the settings are wrong (EX_USAGE of sysexits.h).
pub const EXIT_USAGE: u8 = 64;

/// Flags of every service.
#[derive(Clone, Debug, Default, Args)]
pub struct ServiceArguments {
    /// Settings file in TOML.
    #[arg(long, value_name = "FILE", env = "GISA_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting, for example `--set server.listen=0.0.0.0:7701`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Print the effective settings as TOML and exit.
    #[arg(long)]
    pub print_config: bool,
}

/// Settings that every service has.
pub trait ServiceSettings: Settings + Send + 'static {
    /// The gRPC server.
    fn server(&self) -> &ServerConfig;
    /// The logs.
    fn logging(&self) -> &LoggingConfig;
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: ServiceArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Ask the running service with the same settings for its health; exit code 0 if it serves, else 1.
    Healthcheck {
        /// Name for the health service, for example `gisa.query.v1.QueryService`; the whole process if not given.
        #[arg(default_value = "")]
        service: String,
    },
}

/// Runs a service as the process's main job. Exit codes: 0 after an orderly shutdown, 64 when flags or settings are wrong,
/// 1 when it could not start or failed.
pub fn run_service<S, F>(name: &'static str, about: &'static str, assemble: F) -> ExitCode
where
    S: ServiceSettings,
    F: for<'a> FnOnce(&'a S, &'a mut Assembly) -> BoxFuture<'a, anyhow::Result<()>>,
{
    let command = CommandLine::command()
        .name(name)
        .about(about)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help("Settings: defaults, then the file, then GISA_* variables (server.listen is GISA_SERVER__LISTEN), then --set.\nExit codes: 0 stopped in order, 1 failed, 64 wrong flags or settings.");
    let line = match command
        .try_get_matches()
        .and_then(|matches| CommandLine::from_arg_matches(&matches))
    {
        Ok(line) => line,
        Err(error) => {
            let code = if error.use_stderr() { EXIT_USAGE } else { 0 };
            // Nothing is left to do when even the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };

    let arguments = line.arguments;
    let sources = SettingsSources::from_process(arguments.config, arguments.overrides);
    let settings: S = match sources.load() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if arguments.print_config {
        return print_settings(name, &settings);
    }

    let result = match line.command {
        Some(Command::Healthcheck { service }) => check_health(settings.server(), &service),
        None => run(name, &settings, assemble),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_settings<S: Settings>(name: &str, settings: &S) -> ExitCode {
    match configuration::to_toml(settings) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check_health(config: &ServerConfig, service: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(healthcheck::check(config.listen, service))
}

fn run<S, F>(name: &'static str, settings: &S, assemble: F) -> anyhow::Result<()>
where
    S: ServiceSettings,
    F: for<'a> FnOnce(&'a S, &'a mut Assembly) -> BoxFuture<'a, anyhow::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let telemetry = Telemetry::start(name, settings.logging())?;
        let result = serve(name, settings, telemetry.level(), assemble).await;
        telemetry.flush().await;
        result
    })
}

async fn serve<S, F>(name: &str, settings: &S, level: LogLevel, assemble: F) -> anyhow::Result<()>
where
    S: ServiceSettings,
    F: for<'a> FnOnce(&'a S, &'a mut Assembly) -> BoxFuture<'a, anyhow::Result<()>>,
{
    info!(version = env!("CARGO_PKG_VERSION"), "{name} is starting");
    let stop = stop_signal()?;
    let address = settings.server().listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let mut assembly = Assembly::new();
    assembly.open_admin(name, settings.server(), level).await?;
    assemble(settings, &mut assembly).await?;
    assembly.serve(listener, settings.server(), stop).await
}

/// Returns a future that ends with the first SIGTERM or SIGINT. A second one ends the process at once.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => info!("SIGTERM"),
            _ = interrupt.recv() => info!("SIGINT"),
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => (),
                _ = interrupt.recv() => (),
            }
            warn!("second signal: ending at once");
            std::process::exit(130);
        });
    })
}
