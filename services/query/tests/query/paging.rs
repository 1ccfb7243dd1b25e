//! Pages: none repeated, none lost, bound to their search, whatever is written meanwhile.

use std::collections::BTreeSet;

use gisa_proto::query::v1::{SearchArticlesRequest, SearchOrder};

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, ids, reason},
};

/// Many ties, so that only the article id tells hits apart.
async fn sandbox_with_ties(count: usize) -> Sandbox {
    let mut sandbox = Sandbox::start().await;
    let articles: Vec<_> = (0..count)
        .map(|number| {
            // Ids are not in the order in which the articles are told.
            let id = format!("article-{}", (number * 7919) % 1000);
            article(
                &id,
                "제목",
                ["반도체", "반도체 반도체 로봇", "로봇 반도체"][number % 3],
            )
            .published(number as i64 % 4)
        })
        .collect();
    for part in articles.chunks(count / 4) {
        sandbox.tell_all(part).await;
    }
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_complete_in_every_order() {
    let mut sandbox = sandbox_with_ties(60).await;
    for query in ["", "반도체"] {
        for order in [
            SearchOrder::Unspecified,
            SearchOrder::Relevance,
            SearchOrder::Newest,
            SearchOrder::Oldest,
        ] {
            let request = |page_token: String, page_size| SearchArticlesRequest {
                query: query.into(),
                order: order.into(),
                page_size,
                page_token,
                ..Default::default()
            };
            let whole = sandbox.search_with(request(String::new(), 200)).await;
            assert_eq!((whole.hits.len(), whole.total_hits), (60, 60));
            assert_eq!(whole.next_page_token, "");
            let whole = ids(&whole);

            let mut paged = Vec::new();
            let (mut token, mut size) = (String::new(), 1);
            loop {
                let page = sandbox.search_with(request(token, size)).await;
                assert_eq!(page.total_hits, 60);
                assert!(!page.hits.is_empty());
                paged.extend(ids(&page));
                token = page.next_page_token;
                if token.is_empty() {
                    break;
                }
                // The size may change from page to page.
                size = size % 13 + 3;
            }
            assert_eq!(paged, whole, "{query:?} {order:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_begin_behind_every_id_of_a_segment() {
    // Ids in the order they are told, behind those of the marker of a commit, and so many and so different that the
    // dictionary of a segment has several blocks.
    const COUNT: usize = 600;
    let articles: Vec<_> = (0..COUNT)
        .map(|number| {
            let id = format!("z{:032x}", number as u128 * (u128::MAX / COUNT as u128));
            article(&id, "제목", "반도체").published(1)
        })
        .collect();
    let mut sandbox = Sandbox::start().await;
    for part in articles.chunks(COUNT / 2) {
        sandbox.tell_all(part).await;
    }
    let request = |page_token: String| SearchArticlesRequest {
        page_size: 100,
        page_token,
        ..Default::default()
    };
    let mut found = BTreeSet::new();
    let mut token = String::new();
    for _ in 0..COUNT / 100 {
        let page = sandbox.search_with(request(token)).await;
        found.extend(ids(&page));
        token = page.next_page_token;
    }
    assert_eq!((found.len(), token.as_str()), (COUNT, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_page_has_20_hits_and_the_last_one_no_token() {
    let mut sandbox = sandbox_with_ties(40).await;
    let first = sandbox.search("").await;
    assert_eq!(first.hits.len(), 20);
    let request = SearchArticlesRequest {
        page_token: first.next_page_token,
        ..Default::default()
    };
    let second = sandbox.search_with(request).await;
    assert_eq!((second.hits.len(), second.next_page_token.as_str()), (20, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_between_pages_change_nothing() {
    let mut sandbox = sandbox_with_ties(30).await;
    for query in ["", "반도체"] {
        let request = |page_token: String| SearchArticlesRequest {
            query: query.into(),
            page_size: 10,
            page_token,
            ..Default::default()
        };
        let whole = SearchArticlesRequest {
            page_size: 200,
            ..request(String::new())
        };
        let expected = ids(&sandbox.search_with(whole).await);
        let mut paged = Vec::new();
        let mut token = String::new();
        for page_number in 0..(expected.len() / 10) {
            let page = sandbox.search_with(request(token)).await;
            paged.extend(ids(&page));
            token = page.next_page_token;
            // They would come first, and change what the words weigh.
            let fresh: Vec<_> = (0..10)
                .map(|number| {
                    let id = format!("new-{}-{page_number}-{number}", query.len());
                    article(&id, "반도체 반도체", "반도체").published(100)
                })
                .collect();
            sandbox.tell_all(&fresh).await;
        }
        assert_eq!(token, "");
        assert_eq!(paged, expected, "{query:?}");
        assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), paged.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_bound_to_its_search() {
    let mut sandbox = sandbox_with_ties(40).await;
    let request = SearchArticlesRequest {
        query: "반도체".into(),
        page_size: 5,
        ..Default::default()
    };
    let page_token = sandbox.search_with(request.clone()).await.next_page_token;
    let next = SearchArticlesRequest {
        page_token: page_token.clone(),
        ..request
    };
    sandbox.search_with(next.clone()).await;
    for other in [
        SearchArticlesRequest {
            query: "로봇".into(),
            ..next.clone()
        },
        SearchArticlesRequest {
            order: SearchOrder::Newest.into(),
            ..next.clone()
        },
        SearchArticlesRequest {
            filter: Some(Default::default()),
            ..next.clone()
        },
        SearchArticlesRequest {
            page_token: page_token[1..].to_owned(),
            ..next
        },
    ] {
        let status = sandbox.client.search_articles(other).await.unwrap_err();
        assert_eq!(reason(&status), "INVALID_PAGE_TOKEN");
    }
}
