//! Get: the latest revision, a given one, and what is not shown.

use gisa_article_model::PublicationState::{Corrected, Retracted, Usable, Withheld};
use gisa_proto::query::v1::GetArticleRequest;
use tonic::Code;

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, reason},
};

async fn get(sandbox: &mut Sandbox, id: &str, revision: u32) -> Result<(u32, String), (Code, String)> {
    let request = GetArticleRequest {
        article_id: id.into(),
        revision,
        write_token: String::new(),
    };
    match sandbox.client.get_article(request).await {
        Ok(response) => {
            let tagged = response.into_inner().tagged_article.unwrap();
            let article = tagged.article.unwrap();
            Ok((
                article.revision,
                format!("{}/{}", article.title, tagged.tagger_version.unwrap().engine),
            ))
        }
        Err(status) => Err((status.code(), reason(&status))),
    }
}

fn not_found(reason: &str) -> Result<(u32, String), (Code, String)> {
    Err((Code::NotFound, reason.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_are_found_by_number() {
    let mut sandbox = Sandbox::start().await;
    let first = article("a", "첫째", "본문");
    let second = article("a", "둘째", "본문").revision(2).state(Corrected);
    sandbox
        .tell_all(&[first.clone(), second.clone(), first.tagger(2, 0)])
        .await;

    assert_eq!(get(&mut sandbox, "a", 0).await, Ok((2, "둘째/1".into())));
    assert_eq!(get(&mut sandbox, "a", 2).await, Ok((2, "둘째/1".into())));
    assert_eq!(
        get(&mut sandbox, "a", 1).await,
        Ok((1, "첫째/2".into())),
        "the higher tagger version"
    );
    assert_eq!(get(&mut sandbox, "a", 3).await, not_found("ARTICLE_NOT_FOUND"));
    assert_eq!(get(&mut sandbox, "b", 0).await, not_found("ARTICLE_NOT_FOUND"));
    assert_eq!(
        get(&mut sandbox, "기사", 0).await,
        Err((Code::InvalidArgument, "INVALID_FIELD".into()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_replaces_nothing() {
    let mut sandbox = Sandbox::start().await;
    let second = article("a", "둘째", "새로운 반도체").revision(2);
    let first = article("a", "첫째", "오래된 조선소");
    sandbox.tell_all(&[second, first.clone()]).await;
    assert_eq!(get(&mut sandbox, "a", 0).await, Ok((2, "둘째/1".into())));
    assert_eq!(get(&mut sandbox, "a", 1).await, Ok((1, "첫째/1".into())));
    assert_eq!(sandbox.found("반도체").await, ["a"]);
    assert_eq!(sandbox.found("조선소").await, [""; 0]);

    sandbox.tell_all(&[first.tagger(9, 9)]).await;
    assert_eq!(get(&mut sandbox, "a", 0).await, Ok((2, "둘째/1".into())));
    assert_eq!(sandbox.found("조선소").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retraction_reaches_get_and_search() {
    let mut sandbox = Sandbox::start().await;
    let first = article("a", "첫째", "반도체");
    sandbox.tell_all(std::slice::from_ref(&first)).await;
    assert_eq!(sandbox.found("반도체").await, ["a"]);

    sandbox
        .tell_all(&[article("a", "", "").revision(2).state(Retracted)])
        .await;
    for revision in 0..4 {
        assert_eq!(
            get(&mut sandbox, "a", revision).await,
            not_found("ARTICLE_RETRACTED")
        );
    }
    assert_eq!(sandbox.found("반도체").await, [""; 0]);
    assert_eq!(sandbox.search("").await.total_hits, 0);

    // Late results of the earlier revision bring nothing back.
    sandbox.tell_all(&[first.tagger(7, 0)]).await;
    assert_eq!(get(&mut sandbox, "a", 1).await, not_found("ARTICLE_RETRACTED"));
    assert_eq!(sandbox.search("").await.total_hits, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_article_comes_back_when_it_is_released() {
    let mut sandbox = Sandbox::start().await;
    let withheld = article("a", "둘째", "반도체").revision(2).state(Withheld);
    sandbox
        .tell_all(&[article("a", "첫째", "반도체"), withheld])
        .await;
    for revision in 0..3 {
        assert_eq!(
            get(&mut sandbox, "a", revision).await,
            not_found("ARTICLE_WITHHELD")
        );
    }
    assert_eq!(sandbox.found("반도체").await, [""; 0]);

    sandbox
        .tell_all(&[article("a", "셋째", "반도체").revision(3).state(Usable)])
        .await;
    assert_eq!(get(&mut sandbox, "a", 0).await, Ok((3, "셋째/1".into())));
    assert_eq!(get(&mut sandbox, "a", 1).await, Ok((1, "첫째/1".into())));
    assert_eq!(get(&mut sandbox, "a", 2).await, not_found("ARTICLE_WITHHELD"));
    assert_eq!(sandbox.found("반도체").await, ["a"]);
}
