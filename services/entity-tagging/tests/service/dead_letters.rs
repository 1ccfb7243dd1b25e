//! What becomes of articles that cannot be tagged, and of those that the log gave up on.

use std::{sync::Arc, time::Duration};

use gisa_event_log::{
    EventLog, Stream,
    embedded::{EmbeddedConfig, EmbeddedLog},
    jetstream::{JetStreamConfig, JetStreamLog},
    test_server::NatsTestServer,
};
use gisa_proto::tagging::v1::{
    DeadLetter, DeadLetterState, DiscardDeadLetterRequest, GetDeadLetterRequest, ListDeadLettersRequest,
    ReplayDeadLetterRequest,
};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    outcomes::append_article,
    work::{POISON, Work, config, titled},
};

const PATIENCE: Duration = Duration::from_secs(60);

async fn embedded(directory: &tempfile::TempDir) -> Arc<dyn EventLog> {
    Arc::new(
        EmbeddedLog::open(EmbeddedConfig::new(directory.path()))
            .await
            .unwrap(),
    )
}

async fn nats(server: &NatsTestServer) -> Arc<dyn EventLog> {
    let config = JetStreamConfig {
        servers: vec![server.url()],
        ..JetStreamConfig::default()
    };
    Arc::new(JetStreamLog::connect(config).await.unwrap())
}

async fn append(log: &dyn EventLog, article_id: &str, title: &str) {
    append_article(log, article_id, article_id, titled(article_id, title)).await;
}

/// The letters, as soon as there are so many.
async fn letters(work: &mut Work, count: usize, include_resolved: bool) -> Vec<DeadLetter> {
    let listing = async {
        loop {
            let mut all = Vec::new();
            let mut page_token = String::new();
            loop {
                // Small pages, so that there are several.
                let request = ListDeadLettersRequest {
                    page_size: 1,
                    page_token,
                    include_resolved,
                };
                let page = work
                    .letters
                    .list_dead_letters(request)
                    .await
                    .unwrap()
                    .into_inner();
                all.extend(page.dead_letters);
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            if all.len() >= count {
                return all;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, listing).await.expect("the letters are written")
}

async fn replay(work: &mut Work, id: &str, validate_only: bool) -> Result<DeadLetterState, Status> {
    let request = ReplayDeadLetterRequest {
        id: id.to_owned(),
        validate_only,
    };
    let answer = work.letters.replay_dead_letter(request).await?.into_inner();
    Ok(answer.dead_letter.unwrap().state())
}

async fn discard(work: &mut Work, id: &str) -> Result<DeadLetterState, Status> {
    let request = DiscardDeadLetterRequest {
        id: id.to_owned(),
        validate_only: false,
    };
    let answer = work.letters.discard_dead_letter(request).await?.into_inner();
    Ok(answer.dead_letter.unwrap().state())
}

fn why(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().unwrap().reason.clone())
}

async fn poison_goes_to_the_dead_letters(log: Arc<dyn EventLog>) {
    let mut work = Work::start(log).await;
    for (article_id, title) in [("a", "하나"), ("p", POISON), ("b", "둘"), ("c", "셋")] {
        append(&*work.log, article_id, title).await;
    }
    assert_eq!(work.tagged(3).await, ["a", "b", "c"]);
    let [letter] = &letters(&mut work, 1, false).await[..] else {
        panic!("there is another letter");
    };
    assert_eq!(letter.id, "ARTICLES.2");
    assert_eq!(
        (
            letter.state(),
            letter.subject.as_str(),
            letter.attempts,
            letter.consumer.as_str()
        ),
        (
            DeadLetterState::Open,
            "articles.p",
            config().max_attempts,
            "entity-tagging"
        )
    );
    assert!(
        letter.error.contains("panicked: this text is poison"),
        "{}",
        letter.error
    );
    assert_eq!(letter.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(work.counted_letters(), 1);
    let request = GetDeadLetterRequest {
        id: letter.id.clone(),
    };
    let answer = work.letters.get_dead_letter(request).await.unwrap().into_inner();
    let message = work.log.get(Stream::Articles, 2).await.unwrap().unwrap();
    assert_eq!(answer.message.unwrap().payload, message.payload);

    let lag = work
        .log
        .consumer_lag(Stream::Articles, "entity-tagging")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(lag.pending, 0, "it does not hold up the others");
    assert_eq!(work.outcomes().await, 3);
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_goes_to_the_dead_letters_of_the_embedded_log() {
    let directory = tempfile::tempdir().unwrap();
    poison_goes_to_the_dead_letters(embedded(&directory).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_goes_to_the_dead_letters_on_nats() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    poison_goes_to_the_dead_letters(nats(&server).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_letter_ends_as_one_outcome_and_a_discarded_one_as_none() {
    let directory = tempfile::tempdir().unwrap();
    let mut work = Work::start(embedded(&directory).await).await;
    for article_id in ["p1", "p2"] {
        append(&*work.log, article_id, POISON).await;
    }
    append_article(&*work.log, "broken", "broken", "not protobuf").await;
    let mut ids: Vec<String> = letters(&mut work, 3, false)
        .await
        .into_iter()
        .map(|letter| letter.id)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["ARTICLES.1", "ARTICLES.2", "ARTICLES.3"]);

    // As long as it fails it stays.
    let failed = replay(&mut work, "ARTICLES.1", false).await.unwrap_err();
    assert_eq!(
        why(&failed),
        (Code::FailedPrecondition, "REPLAY_FAILED".to_owned())
    );
    assert!(failed.message().contains("this text is poison"), "{failed:?}");
    assert_eq!(letters(&mut work, 3, false).await.len(), 3);

    work.engine.repair();
    assert_eq!(
        replay(&mut work, "ARTICLES.1", true).await.unwrap(),
        DeadLetterState::Open
    );
    assert_eq!(work.outcomes().await, 0, "a dry run publishes nothing");
    for _ in 0..3 {
        assert_eq!(
            replay(&mut work, "ARTICLES.1", false).await.unwrap(),
            DeadLetterState::Replayed
        );
    }
    assert_eq!(work.tagged(1).await, ["p1"]);
    let refused = discard(&mut work, "ARTICLES.1").await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "DEAD_LETTER_REPLAYED".to_owned())
    );

    for id in ["ARTICLES.2", "ARTICLES.3", "ARTICLES.2"] {
        assert_eq!(discard(&mut work, id).await.unwrap(), DeadLetterState::Discarded);
    }
    assert_eq!(work.outcomes().await, 1);
    assert!(letters(&mut work, 0, false).await.is_empty());
    assert_eq!(letters(&mut work, 3, true).await.len(), 3);
    let request = GetDeadLetterRequest {
        id: "ARTICLES.3".to_owned(),
    };
    let answer = work.letters.get_dead_letter(request).await.unwrap().into_inner();
    assert_eq!(
        answer.message.unwrap().payload,
        "not protobuf",
        "the bytes of a resolved letter are kept"
    );

    // Second thoughts about a discarded one.
    assert_eq!(
        replay(&mut work, "ARTICLES.2", false).await.unwrap(),
        DeadLetterState::Replayed
    );
    assert_eq!(work.tagged(2).await, ["p1", "p2"]);
    for (id, reason) in [("ARTICLES.9", "DEAD_LETTER_NOT_FOUND"), ("9", "INVALID_FIELD")] {
        assert_eq!(why(&replay(&mut work, id, false).await.unwrap_err()).1, reason);
    }
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_gave_up_on_is_tagged_after_all_or_dead_lettered() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = nats(&server).await;
    for (article_id, title) in [("a", "하나"), ("p", POISON), ("b", "둘")] {
        append(&*log, article_id, title).await;
    }
    // Somebody terminates deliveries by hand: neither outcome nor letter, and they never come again.
    let mut consumer = log.consumer(Stream::Articles, config().consumer()).await.unwrap();
    for _ in 0..2 {
        let delivery = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap();
        delivery.terminate().await.unwrap();
    }
    drop(consumer);

    let mut work = Work::start(log).await;
    assert_eq!(
        work.tagged(1).await,
        ["a"],
        "the sweep comes before the ack wait of the third"
    );
    let [letter] = &letters(&mut work, 1, false).await[..] else {
        panic!("there is another letter");
    };
    assert_eq!(letter.id, "ARTICLES.2");
    assert!(
        letter.error.contains("this text is poison") && letter.error.contains("terminated"),
        "{}",
        letter.error
    );
    assert_eq!(letter.attempts, 1 + config().max_attempts);
    assert_eq!(work.counted_letters(), 1);
    work.stop().await;
}
