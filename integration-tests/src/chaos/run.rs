//! One run from start to report.

use std::{fs, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use fastrand::Rng;
use gisa_event_log::{
    EventLog as _,
    jetstream::{Durability, JetStreamLog},
};
use gisa_proto::{
    ingest::v1::ingest_service_client::IngestServiceClient,
    query::v1::query_service_client::QueryServiceClient,
};
use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tonic::transport::{Channel, Endpoint};

use super::{
    checker::check,
    collect,
    deployment::Deployment,
    faults,
    history::{Filter, History, Watcher},
    options::Options,
    report::{Circumstances, Report},
    schedule::schedule,
    sender::{Sender, World},
    service::Service,
    watcher::{self, Plan},
};
use crate::Stage;

const SENDERS: usize = 4;

/// Runs everything, and checks it. The logs of the services go to `directory`.
pub async fn run(options: &Options, directory: &Path) -> anyhow::Result<Report> {
    let begun = Instant::now();
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(directory)?,
    }
    let deployment = Arc::new(Deployment::start(options.nodes, options.durability, directory).await?);
    let log = JetStreamLog::connect(deployment.nats_config()).await?;
    let mut random = Rng::with_seed(options.seed);
    let faults = schedule(options.seed, options.length());

    let start = Instant::now();
    let world = Arc::new(World::new(start));
    // What comes at a time goes in batches where each append is synced.
    let bursts = match options.durability {
        Durability::Default => 1,
        Durability::Always => 5,
    };
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        let ingest = channels(&deployment, Stage::Ingest)?;
        let ingest = ingest.into_iter().map(IngestServiceClient::new).collect();
        let sender = Sender::new(number, bursts, random.fork(), ingest, Arc::clone(&world));
        senders.spawn(sender.run());
    }
    let (quiet, when_quiet) = watch::channel(None);
    let mut watchers = JoinSet::new();
    let watch_all = |watchers: &mut JoinSet<Watcher>, plans: Vec<Plan>, random: &mut Rng| {
        for plan in plans {
            let query = channels(&deployment, Stage::Query)?;
            let query = query.into_iter().map(QueryServiceClient::new).collect();
            watchers.spawn(watcher::watch(plan, random.fork(), query, when_quiet.clone()));
        }
        anyhow::Ok(())
    };
    watch_all(&mut watchers, plans(), &mut random)?;

    let faults = faults::carry_out(&deployment, &faults, start).await;
    eprintln!("faults are over after {:.0?}; waiting for quiet", start.elapsed());
    world.end();
    for service in &deployment.services {
        service.until_serving().await?;
    }
    world.healed();
    while let Some(sender) = senders.join_next().await {
        sender.context("a sender broke off")?;
    }
    collect::until_quiet(&log).await?;
    let mut history = History {
        operations: world.operations(),
        ..History::default()
    };
    collect::read_logs(&log, &mut history).await?;

    eprintln!("quiet after {:.0?}; waiting for the watchers", start.elapsed());
    quiet.send_replace(Some((Timestamp::now(), Instant::now())));
    // A watch that begins only now is told the same; and a replica that has told it everything has indexed everything.
    for service in deployment.replicas(Stage::Query) {
        let query = vec![QueryServiceClient::new(channel(service)?)];
        watchers.spawn(watcher::watch(
            afterwards(service),
            random.fork(),
            query,
            when_quiet.clone(),
        ));
    }
    while let Some(watcher) = watchers.join_next().await {
        history.watchers.push(watcher.context("a watcher broke off")?);
    }
    history.watchers.sort_by(|one, other| one.name.cmp(&other.name));

    eprintln!(
        "watchers are done after {:.0?}; reading the indexes",
        start.elapsed()
    );
    for service in deployment.replicas(Stage::Query) {
        let client = QueryServiceClient::new(channel(service)?);
        let index = collect::read_index(service.name.clone(), &client, &history.articles).await?;
        history.indexes.push(index);
    }
    log.close().await?;
    let mut exits = 0;
    for service in &deployment.services {
        exits += service.exits().await;
    }
    let circumstances = Circumstances {
        seed: options.seed,
        nodes: options.nodes,
        durability: options.durability,
        length: options.length(),
        total: begun.elapsed(),
        faults,
        exits,
    };
    Ok(Report::new(circumstances, &history, &check(&history)))
}

/// The watchers that are there from the beginning.
fn plans() -> Vec<Plan> {
    let plan = |name: &str, filter: Filter, from_history: bool, leaves: bool| Plan {
        name: name.to_owned(),
        filter,
        from_history,
        leaves,
    };
    let economy = || Filter::Section("경제".to_owned());
    vec![
        plan("all from history", Filter::Everything, true, false),
        plan("all from history, leaving", Filter::Everything, true, true),
        plan("all live, leaving", Filter::Everything, false, true),
        plan(
            "one source from history",
            Filter::Source("chaos-0".to_owned()),
            true,
            true,
        ),
        plan("one section from history, leaving", economy(), true, true),
        plan("one section live", economy(), false, false),
    ]
}

/// A watcher that begins when all is quiet, at one replica.
fn afterwards(service: &Service) -> Plan {
    Plan {
        name: format!("afterwards at {}", service.name),
        filter: Filter::Everything,
        from_history: true,
        leaves: false,
    }
}

fn channels(deployment: &Deployment, stage: Stage) -> anyhow::Result<Vec<Channel>> {
    deployment.replicas(stage).map(channel).collect()
}

fn channel(service: &Service) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address))?;
    Ok(endpoint.connect_timeout(Duration::from_secs(2)).connect_lazy())
}
