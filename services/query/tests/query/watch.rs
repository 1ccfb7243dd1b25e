//! Watch: which changes are told, and how a watch starts and ends.

use std::time::Duration;

use gisa_article_model::{
    EntityType::Organization,
    PublicationState::{Corrected, Retracted, Usable, Withheld},
    TaggedArticle,
};
use gisa_proto::query::v1::{
    ArticleChangeKind as Kind, ArticleFilter, WatchArticlesResponse, watch_articles_request::Start,
    watch_articles_response::Event,
};
use tonic::Code;

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, Watching, reason},
};

pub(crate) const EPOCH: Option<Start> = Some(Start::Since(prost_types::Timestamp { seconds: 0, nanos: 0 }));

/// A change in short: kind, id, revision.
pub(crate) fn change(event: &WatchArticlesResponse) -> Option<(Kind, String, u32)> {
    let Some(Event::Change(change)) = &event.event else {
        return None;
    };
    let article = change.tagged_article.as_ref().unwrap().article.as_ref().unwrap();
    Some((change.kind(), article.article_id.clone(), article.revision))
}

impl Watching {
    /// The next change, checkpoints passed over.
    pub(crate) async fn next_change(&mut self) -> (Kind, String, u32) {
        loop {
            if let Some(change) = change(&self.next().await.unwrap()) {
                return change;
            }
        }
    }

    /// The changes up to the first checkpoint that says `live`.
    pub(crate) async fn history(&mut self) -> Vec<(Kind, String, u32)> {
        let mut changes = Vec::new();
        loop {
            let event = self.next().await.unwrap();
            match &event.event {
                Some(Event::Checkpoint(checkpoint)) if checkpoint.live => return changes,
                Some(Event::Checkpoint(_)) => (),
                _ => changes.push(change(&event).unwrap()),
            }
        }
    }
}

fn naver_filter() -> ArticleFilter {
    ArticleFilter {
        entity_ids: vec!["org:naver".into()],
        ..Default::default()
    }
}

/// An article that matches [`naver_filter`].
fn naver(id: &str) -> TaggedArticle {
    article(id, "제목", "네이버가 말했다").mention("네이버", Organization, Some("org:naver"))
}

/// An article that does not.
fn other(id: &str) -> TaggedArticle {
    article(id, "제목", "카카오가 말했다")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_told_as_what_it_is() {
    let mut sandbox = Sandbox::start().await;
    let steps = [
        (naver("a"), Some(Kind::Published)),
        (naver("a"), None),
        (naver("a").tagger(2, 0), Some(Kind::Retagged)),
        (naver("a").tagger(1, 9), None),
        (naver("a").revision(3).state(Corrected), Some(Kind::Corrected)),
        (naver("a").revision(2).state(Corrected), None),
        (other("a").revision(4), Some(Kind::Unmatched)),
        (other("a").revision(5), None),
        (naver("a").revision(6), Some(Kind::Published)),
        (naver("a").revision(7).state(Withheld), Some(Kind::Withdrawn)),
        (naver("a").revision(7).state(Withheld).tagger(3, 0), None),
        (naver("a").revision(8).state(Usable), Some(Kind::Published)),
        (naver("a").revision(9).state(Retracted), Some(Kind::Withdrawn)),
        (naver("a").revision(8).tagger(5, 0), None),
        (other("b"), None),
        (other("b").revision(2).state(Retracted), None),
        (naver("c").state(Withheld), None),
        (naver("c").revision(2).state(Retracted), None),
        (other("d"), None),
        (naver("d").tagger(2, 0), Some(Kind::Published)),
        (other("d").tagger(3, 0), Some(Kind::Unmatched)),
    ];
    let expected: Vec<_> = steps
        .iter()
        .filter_map(|(tagged, kind)| {
            Some((
                (*kind)?,
                tagged.article.article_id.to_string(),
                tagged.article.revision,
            ))
        })
        .collect();

    let mut live = sandbox.watch(naver_filter(), None).await;
    assert_eq!(live.history().await, []);
    for (tagged, _) in &steps {
        sandbox.tell(tagged).await;
    }
    for change in &expected {
        assert_eq!(&live.next_change().await, change);
    }
    let mut past = sandbox.watch(naver_filter(), EPOCH).await;
    assert_eq!(past.history().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_down_comes_without_content() {
    let mut sandbox = Sandbox::start().await;
    let withheld = naver("a").revision(2).state(Withheld);
    sandbox
        .tell_all(&[
            naver("a"),
            withheld,
            naver("b"),
            other("b").revision(2).state(Corrected),
        ])
        .await;
    let mut watch = sandbox.watch(naver_filter(), EPOCH).await;
    let mut taken_down = 0;
    while taken_down < 2 {
        let Some(Event::Change(change)) = watch.next().await.unwrap().event else {
            continue;
        };
        let tagged = change.tagged_article.clone().unwrap();
        let article = tagged.article.unwrap();
        if !matches!(change.kind(), Kind::Withdrawn | Kind::Unmatched) {
            assert!(!article.body.is_empty() && !tagged.mentions.is_empty());
            continue;
        }
        taken_down += 1;
        let expected = gisa_proto::article::v1::Article {
            article_id: article.article_id.clone(),
            source: "hangang-ilbo".into(),
            revision: 2,
            state: article.state,
            state_reason: "사유".into(),
            ..Default::default()
        };
        assert_eq!(article, expected);
        assert_ne!(article.state, 0);
        assert!(tagged.mentions.is_empty() && tagged.analysis.is_none() && tagged.tagger_version.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_without_a_start_tells_what_comes() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[naver("old")]).await;
    let mut watch = sandbox.watch(ArticleFilter::default(), None).await;
    sandbox.tell(&naver("new")).await;
    assert_eq!(watch.next_change().await, (Kind::Published, "new".into(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_in_the_future_waits_and_one_in_the_past_gives_history() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[naver("a")]).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let since = prost_types::Timestamp {
        seconds: now.as_secs() as i64,
        nanos: now.subsec_nanos() as i32,
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut from_now = sandbox.watch(naver_filter(), Some(Start::Since(since))).await;
    assert_eq!(from_now.history().await, []);
    sandbox.tell_all(&[naver("b")]).await;
    assert_eq!(from_now.next_change().await.1, "b");
    let mut again = sandbox.watch(naver_filter(), Some(Start::Since(since))).await;
    assert_eq!(again.history().await, [(Kind::Published, "b".into(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_come_although_nothing_matches() {
    let mut sandbox = Sandbox::start().await;
    let mut watch = sandbox.watch(naver_filter(), None).await;
    let mut tokens = Vec::new();
    for number in 0..3 {
        sandbox.tell_all(&[other(&format!("x{number}"))]).await;
        // The first one after this may have been on its way already.
        for _ in 0..2 {
            let event = watch.next().await.unwrap();
            let Some(Event::Checkpoint(checkpoint)) = event.event else {
                panic!("{event:?}");
            };
            assert!(checkpoint.live);
            assert!(checkpoint.read_until.unwrap().seconds > 0);
            tokens.push(event.resume_token);
        }
    }
    assert_ne!(
        tokens.first(),
        tokens.last(),
        "they say how far the watch has read"
    );
    let mut resumed = sandbox
        .watch(naver_filter(), Some(Start::ResumeToken(tokens.pop().unwrap())))
        .await;
    sandbox.tell(&naver("a")).await;
    assert_eq!(resumed.next_change().await.1, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_refused() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[naver("a"), naver("b")]).await;
    let mut watch = sandbox.watch(naver_filter(), EPOCH).await;
    let token = watch.next().await.unwrap().resume_token;

    let start = |token: &str| Some(Start::ResumeToken(token.to_owned()));
    let status = sandbox
        .watch_refused(ArticleFilter::default(), start(&token))
        .await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "INVALID_RESUME_TOKEN")
    );
    let status = sandbox.watch_refused(naver_filter(), start(&token[2..])).await;
    assert_eq!(reason(&status), "INVALID_RESUME_TOKEN");
    let too_many = ArticleFilter {
        sources: vec!["x".into(); 101],
        ..Default::default()
    };
    assert_eq!(
        reason(&sandbox.watch_refused(too_many, None).await),
        "INVALID_FIELD"
    );

    let same = ArticleFilter {
        entity_ids: vec!["org:naver".into(); 2],
        ..Default::default()
    };
    let mut resumed = sandbox.watch(same, start(&token)).await;
    assert_eq!(resumed.next_change().await.1, "b");

    let info = sandbox.log.info(gisa_event_log::Stream::Tagged).await.unwrap();
    sandbox
        .log
        .compact(gisa_event_log::Stream::Tagged, info.last_sequence)
        .await
        .unwrap();
    let status = sandbox.watch_refused(naver_filter(), start(&token)).await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::OutOfRange, "POSITION_COMPACTED")
    );

    let (directory, log) = sandbox.stop().await;
    log.close().await.unwrap();
    let log = crate::sandbox::open_log(&directory.path().join("another")).await;
    let mut sandbox = Sandbox::start_on(directory, log).await;
    let status = sandbox.watch_refused(naver_filter(), start(&token)).await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "LOG_REPLACED")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_service_ends_watches_as_not_ready() {
    let mut sandbox = Sandbox::start().await;
    let mut watch = sandbox.watch(ArticleFilter::default(), None).await;
    watch.history().await;
    sandbox.stop_service().await;
    let status = loop {
        match watch.next().await {
            Ok(_) => (),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "NOT_READY")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_holds_up_nobody_and_misses_nothing() {
    let mut sandbox = Sandbox::start().await;
    let mut slow = sandbox.watch(ArticleFilter::default(), None).await;
    slow.history().await;
    let mut quick = sandbox.watch(ArticleFilter::default(), None).await;
    // Far more than the buffers between service and caller hold.
    let long = "반도체 ".repeat(10_000);
    let count = 200;
    for number in 0..count {
        sandbox.tell(&article(&format!("a{number}"), "제목", &long)).await;
    }
    for number in 0..count {
        assert_eq!(quick.next_change().await.1, format!("a{number}"));
    }
    sandbox.settle().await;
    for number in 0..count {
        assert_eq!(slow.next_change().await.1, format!("a{number}"));
    }
}
