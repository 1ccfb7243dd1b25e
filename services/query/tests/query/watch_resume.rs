//! Watch: no gap and no repeat, across history, live and resumes.

use std::time::Duration;

use gisa_article_model::{EntityType::Organization, PublicationState, TaggedArticle};
use gisa_proto::query::v1::{ArticleChangeKind as Kind, ArticleFilter, watch_articles_request::Start};

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, tell},
    watch::{EPOCH, change},
};

type Told = (Kind, String, u32);

/// Revisions of a few articles, some of which match, in an order that is not theirs.
fn records(count: usize) -> Vec<TaggedArticle> {
    (0..count)
        .map(|number| {
            let mixed = number.wrapping_mul(2_654_435_761) >> 7;
            let tagged = article(&format!("a{}", mixed % 7), "제목", "네이버가 말했다")
                .revision(1 + (number / 14) as u32 + (mixed % 3) as u32)
                .tagger(1 + (mixed % 5 == 0) as u32, 0);
            let tagged = if mixed % 4 == 0 {
                tagged
            } else {
                tagged.mention("네이버", Organization, Some("org:naver"))
            };
            if mixed % 11 == 0 {
                tagged.state(PublicationState::Withheld)
            } else {
                tagged
            }
        })
        .collect()
}

fn filter() -> ArticleFilter {
    ArticleFilter {
        entity_ids: vec!["org:naver".into()],
        ..Default::default()
    }
}

/// The changes from a start until `last` has been told, with the token of each.
async fn told(sandbox: &mut Sandbox, start: Option<Start>, last: &str) -> Vec<(Told, String)> {
    let mut watch = sandbox.watch(filter(), start).await;
    let mut told = Vec::new();
    loop {
        let event = watch.next().await.unwrap();
        let Some(change) = change(&event) else {
            continue;
        };
        if change.1 == last {
            return told;
        }
        told.push((change, event.resume_token));
    }
}

fn last() -> TaggedArticle {
    article("last", "제목", "네이버가 말했다").mention("네이버", Organization, Some("org:naver"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_at_every_event_tells_the_same_rest() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&records(120)).await;
    sandbox.tell(&last()).await;
    let whole = told(&mut sandbox, EPOCH, "last").await;
    assert!(whole.len() > 30, "{}", whole.len());
    for (index, (_, token)) in whole.iter().enumerate() {
        let rest = told(&mut sandbox, Some(Start::ResumeToken(token.clone())), "last").await;
        assert_eq!(rest, whole[index + 1..], "after event {index}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_and_live_meet_while_a_writer_writes() {
    let mut sandbox = Sandbox::start().await;
    let records = records(400);
    sandbox.tell_all(&records[..100]).await;
    let log = sandbox.log.clone();
    let writer = tokio::spawn(async move {
        for tagged in &records[100..] {
            tell(&*log, tagged).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tell(&*log, &last()).await;
    });

    // One watch from the beginning to the end, and one that is cut off again and again.
    let mut resumed: Vec<Told> = Vec::new();
    let mut start = EPOCH;
    let mut watch = sandbox.watch(filter(), EPOCH).await;
    let mut straight: Vec<Told> = Vec::new();
    'cut_off: loop {
        let mut pieces = sandbox.watch(filter(), start.clone()).await;
        for _ in 0..9 {
            let event = pieces.next().await.unwrap();
            start = Some(Start::ResumeToken(event.resume_token.clone()));
            match change(&event) {
                Some(change) if change.1 == "last" => break 'cut_off,
                Some(change) => resumed.push(change),
                None => (),
            }
        }
    }
    loop {
        match watch.next_change().await {
            change if change.1 == "last" => break,
            change => straight.push(change),
        }
    }
    writer.await.unwrap();
    let history: Vec<Told> = told(&mut sandbox, EPOCH, "last")
        .await
        .into_iter()
        .map(|(change, _)| change)
        .collect();
    assert_eq!(straight, history);
    assert_eq!(resumed, history);
}
