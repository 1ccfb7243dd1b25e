//! `gisa dead-letters` against `gisa dev`.

use std::{
    thread,
    time::{Duration, Instant},
};

use gisa_event_log::{
    Append, EventLog as _, ExpectedLast, Headers, Stream, Subject,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use serde_json::json;

use crate::harness::Dev;

const PATIENCE: Duration = Duration::from_secs(60);

/// Puts messages on ARTICLES that are no articles, as a fault elsewhere might.
async fn append_broken(directory: &std::path::Path, count: usize) {
    let log = EmbeddedLog::open(EmbeddedConfig::new(directory.join("log")))
        .await
        .unwrap();
    for number in 0..count {
        let message = Append {
            subject: Subject::article(&format!("broken-{number}")),
            message_id: number.to_string(),
            expected_last: ExpectedLast::None,
            headers: Headers::new(),
            payload: b"not protobuf".as_slice().into(),
        };
        log.append(Stream::Articles, vec![message])
            .await
            .remove(0)
            .unwrap();
    }
    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_shown_and_dealt_with() {
    let directory = tempfile::tempdir().unwrap();
    append_broken(directory.path(), 3).await;
    let dev = Dev::start(directory.path());
    let begun_at = Instant::now();
    let listed = loop {
        let listed = dev.objects(&["dead-letters", "list"]);
        if listed.len() == 3 || begun_at.elapsed() > PATIENCE {
            break listed;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let mut ids: Vec<_> = listed
        .iter()
        .map(|letter| letter["id"].as_str().unwrap())
        .collect();
    // They are worked on at the same time.
    ids.sort_unstable();
    assert_eq!(ids, ["ARTICLES.1", "ARTICLES.2", "ARTICLES.3"]);
    assert_eq!(listed[0]["state"], "open");

    let shown = dev.objects(&["dead-letters", "show", "ARTICLES.1"]).remove(0);
    assert_eq!((&shown["article"], &shown["attempts"]), (&json!(null), &json!(1)));
    assert_eq!(shown["payload_base64"], "bm90IHByb3RvYnVm");
    let shown = dev.run(&["dead-letters", "show", "ARTICLES.1"]);
    assert!(shown.stdout.contains("not protobuf"), "{}", shown.stdout);

    let replayed = dev.run(&["dead-letters", "replay", "ARTICLES.1", "ARTICLES.2"]);
    assert_eq!(replayed.code, 1);
    assert!(
        replayed
            .stderr
            .contains("ARTICLES.2: dead letter ARTICLES.2 stays open"),
        "{}",
        replayed.stderr
    );
    let tried = dev.objects(&["dead-letters", "discard", "--all", "--dry-run"]);
    assert_eq!(tried.len(), 3);
    assert_eq!(
        dev.objects(&["dead-letters", "list"]).len(),
        3,
        "a dry run changes nothing"
    );
    dev.objects(&["dead-letters", "discard", "ARTICLES.2"]);
    dev.objects(&["dead-letters", "discard", "--all"]);
    let empty = dev.run(&["dead-letters", "list"]);
    assert_eq!(empty.stdout, "no dead letters\n");
    let resolved = dev.objects(&["dead-letters", "list", "--resolved"]);
    assert!(
        resolved.iter().all(|letter| letter["state"] == "discarded"),
        "{resolved:?}"
    );

    assert_eq!(dev.run(&["dead-letters", "show", "ARTICLES.9"]).code, 4);
    assert_eq!(dev.run(&["dead-letters", "replay"]).code, 2);
    assert_eq!(dev.terminate(), 0);
}
