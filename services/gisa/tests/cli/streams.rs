//! `gisa streams` on a real nats-server.

use gisa_event_log::test_server::NatsTestServer;
use serde_json::Value;

use crate::harness::{Finished, gisa, run};

fn streams(server: &NatsTestServer, arguments: &[&str]) -> Finished {
    run(gisa()
        .env("GISA_NATS__SERVERS", server.url())
        .arg("streams")
        .args(arguments))
}

fn outcomes(finished: &Finished) -> Vec<String> {
    let outcome = |object: Value| object["outcome"].as_str().unwrap().to_owned();
    finished.objects().into_iter().map(outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_created_once_and_shown() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let before = streams(&server, &["status"]);
    assert_eq!(before.code, 4, "{}", before.stderr);
    assert!(before.stderr.contains("missing: ARTICLES"), "{}", before.stderr);

    let first = streams(&server, &["apply", "--output", "json"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(
        outcomes(&first).iter().all(|outcome| outcome == "created"),
        "{}",
        first.stdout
    );
    for consumer in ["entity-tagging", "entity-tagging-sweep"] {
        assert!(
            first.stdout.contains(&format!("\"consumer\":\"{consumer}\"")),
            "{}",
            first.stdout
        );
    }
    let second = streams(&server, &["apply", "--output", "json"]);
    assert!(
        outcomes(&second).iter().all(|outcome| outcome == "unchanged"),
        "{}",
        second.stdout
    );
    let changed = streams(&server, &["apply", "--set", "nats.max_bytes.tagged=1073741824"]);
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    assert!(
        changed.stdout.contains("max_bytes: 8589934592 -> 1073741824"),
        "{}",
        changed.stdout
    );

    let status = streams(&server, &["status", "--output", "json"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    let articles = status
        .objects()
        .into_iter()
        .find(|object| object["stream"] == "ARTICLES")
        .unwrap();
    assert_eq!(
        (
            &articles["messages"],
            &articles["fill_percent"],
            &articles["dead_lettered"]
        ),
        (&0.into(), &0.0.into(), &0.into())
    );
    assert_eq!(articles["consumers"][0]["name"], "entity-tagging");
    assert_eq!(
        articles["consumers"][0]["oldest_unacknowledged_seconds"],
        Value::Null
    );
    let table = streams(&server, &["status"]);
    assert!(
        table.stdout.contains("OLDEST UNACKED") && table.stdout.contains("DEAD_LETTERS"),
        "{}",
        table.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_refused_with_its_exit_code() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let refused = streams(
        &server,
        &["apply", "--output", "json", "--set", "nats.replicas=3"],
    );
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert_eq!(outcomes(&refused)[0], "refused");
    assert!(refused.stdout.contains("replicas"), "{}", refused.stdout);

    let unverified = streams(&server, &["apply", "--set", "nats.durability=always"]);
    assert_eq!(unverified.code, 2, "{}", unverified.stderr);
    assert!(
        unverified.stderr.contains("nats.monitoring_urls"),
        "{}",
        unverified.stderr
    );

    let unreachable = run(gisa().args([
        "streams",
        "status",
        "--set",
        "nats.servers=nats://127.0.0.1:9",
        "--set",
        "nats.connect_deadline_ms=300",
    ]));
    assert_eq!(unreachable.code, 3, "{}", unreachable.stderr);
}
