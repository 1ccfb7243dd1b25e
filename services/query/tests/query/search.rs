//! Search: Korean words, phrases, filters, order, highlights, and what is refused.

use gisa_article_model::{
    EntityType::{Location, Organization, Product},
    Topic,
};
use gisa_proto::{
    entity::v1::{EntityType, TextField, Topic as TopicNumber},
    query::v1::{ArticleFilter, SearchArticlesRequest, SearchHit, SearchOrder},
};
use tonic::Code;

use crate::{
    article::{Change as _, article, at, seeds},
    sandbox::{Sandbox, ids, reason},
};

/// The texts of a hit's highlights, each cut out in all three encodings.
fn highlighted(hit: &SearchHit) -> Vec<String> {
    let article = hit.tagged_article.as_ref().unwrap().article.as_ref().unwrap();
    let cut = |highlight: &gisa_proto::query::v1::Highlight| {
        let text = match highlight.field() {
            TextField::Title => &article.title,
            TextField::Subtitle => &article.subtitle,
            TextField::Body => &article.body,
            TextField::Unspecified => panic!("no field"),
        };
        let span = highlight.span.as_ref().unwrap();
        let bytes = &text[span.start_byte as usize..span.end_byte as usize];
        let (start, end) = (span.start_code_point as usize, span.end_code_point as usize);
        assert_eq!(
            text.chars().skip(start).take(end - start).collect::<String>(),
            bytes
        );
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let units = &utf16[span.start_utf16 as usize..span.end_utf16 as usize];
        assert_eq!(String::from_utf16(units).unwrap(), bytes);
        bytes.to_owned()
    };
    hit.highlights.iter().map(cut).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn korean_words_are_found_in_all_their_forms() {
    let mut sandbox = Sandbox::start().await;
    let bodies = [
        ("cloud", "네이버클라우드가 세종에 데이터센터를 열었다."),
        ("spaced", "네이버 클라우드 사업이 커졌다."),
        ("kube", "쿠버네티스를 배우는 데브옵스 엔지니어가 늘었다."),
        ("coo", "쿠앤크 아이스크림과 네티즌의 옵스 이야기"),
        ("signs", "C#과 C++, R&D 예산은 1,234억 원이고 GPT-4는 빠르다."),
        (
            "list",
            "반도체ㆍ로봇ㆍ바이오와 (주)교보문고, 美中 갈등 (표현입니당)",
        ),
        ("spaces", "삼성전자는 신제품을 \"올해 안에\" 공개한다고 밝혔다."),
    ];
    let articles: Vec<_> = bodies
        .iter()
        .map(|(id, body)| article(id, "제목", body))
        .collect();
    sandbox.tell_all(&articles).await;

    for (query, expected) in [
        ("네이버클라우드", vec!["cloud", "spaced"]),
        ("클라우드", vec!["cloud", "spaced"]),
        ("네이버 클라우드", vec!["cloud", "spaced"]),
        ("네이버클라우드에서", vec!["cloud", "spaced"]),
        ("데이터센터", vec!["cloud"]),
        ("쿠버네티스", vec!["kube"]),
        ("쿠버네티스가", vec!["kube"]),
        ("쿠버네티스의 데브옵스", vec!["kube"]),
        ("데브옵스", vec!["kube"]),
        ("쿠앤크", vec!["coo"]),
        ("C#", vec!["signs"]),
        ("c++", vec!["signs"]),
        ("r&d", vec!["signs"]),
        ("1234억", vec!["signs"]),
        ("1,234억", vec!["signs"]),
        ("GPT-4", vec!["signs"]),
        ("gpt4", vec!["signs"]),
        ("로봇", vec!["list"]),
        ("바이오", vec!["list"]),
        ("교보문고", vec!["list"]),
        ("(주)교보문고", vec!["list"]),
        ("㈜교보문고", vec!["list"]),
        ("美", vec!["list"]),
        ("표현입니당", vec!["list"]),
        ("표현입니당)", vec!["list"]),
        ("\"로봇\"은", vec!["list"]),
        ("“로봇”과", vec!["list"]),
        ("삼성전자 신제품", vec!["spaces"]),
        ("\"신제품을 올해\"", vec!["spaces"]),
        ("\"올해 신제품\"", vec![]),
        ("삼성전자 쿠버네티스", vec![]),
        ("없는낱말", vec![]),
        ("!!", vec![]),
    ] {
        let mut found = sandbox.found(query).await;
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_of_an_article_finds_it() {
    let mut sandbox = Sandbox::start().await;
    let articles = seeds();
    sandbox.tell_all(&articles).await;
    for tagged in articles.iter().step_by(9) {
        let article = &tagged.article;
        let text = [article.title.as_str(), &article.subtitle, &article.body].join(" ");
        for word in text
            .split_whitespace()
            .filter(|word| word.contains(char::is_alphanumeric))
            .step_by(5)
        {
            // Quotation marks in the text are those of articles, not of the search.
            let request = SearchArticlesRequest {
                query: word.replace('"', "'"),
                page_size: 200,
                ..Default::default()
            };
            let response = sandbox.search_with(request).await;
            let hit = response.hits.iter().find(|hit| {
                hit.tagged_article
                    .as_ref()
                    .unwrap()
                    .article
                    .as_ref()
                    .unwrap()
                    .article_id
                    == article.article_id.as_str()
            });
            let hit = hit.unwrap_or_else(|| panic!("{word} does not find {}", article.article_id));
            assert!(!highlighted(hit).is_empty(), "{word}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn highlights_are_exact() {
    let mut sandbox = Sandbox::start().await;
    let body = "😀 네이버클라우드가 말했다. 클라우드는 크다. 네이버와 클라우드";
    sandbox
        .tell_all(&[article("a", "클라우드의 시대 😀", body)])
        .await;

    let response = sandbox.search("클라우드").await;
    assert_eq!(
        highlighted(&response.hits[0]),
        ["클라우드", "클라우드", "클라우드", "클라우드"]
    );
    let response = sandbox.search("네이버클라우드").await;
    assert_eq!(
        highlighted(&response.hits[0]),
        ["네이버클라우드", "네이버", "클라우드"]
    );
    let response = sandbox.search("\"클라우드는 크다\"").await;
    assert_eq!(highlighted(&response.hits[0]), ["클라우드", "크"]);
    assert!(sandbox.search("").await.hits[0].highlights.is_empty());

    let many = article("b", "제목", &"반도체 ".repeat(300));
    sandbox.tell_all(&[many]).await;
    let response = sandbox.search("반도체").await;
    assert_eq!(highlighted(&response.hits[0]), vec!["반도체"; 100]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_mentioned_is_found_and_highlighted() {
    let mut sandbox = Sandbox::start().await;
    let tagged = article("a", "제목", "오늘 한빛나노텍스의 발표").mention("한빛나노", Organization, None);
    sandbox.tell_all(&[tagged]).await;
    let response = sandbox.search("한빛나노").await;
    assert_eq!(ids(&response), ["a"]);
    assert_eq!(highlighted(&response.hits[0]), ["한빛나노"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_title_counts_more_and_scores_are_given() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .tell_all(&[
            article("body", "제목", "반도체 이야기가 있는 글"),
            article("title", "반도체 이야기", "다른 글이 있는 자리"),
        ])
        .await;
    let response = sandbox.search("반도체").await;
    assert_eq!(ids(&response), ["title", "body"]);
    assert!(response.hits[0].score > response.hits[1].score && response.hits[1].score > 0.0);
    assert_eq!(sandbox.search("").await.hits[0].score, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .tell_all(&[
            article("a", "제목", "네이버와 서울").published(1).mention(
                "네이버",
                Organization,
                Some("org:naver"),
            ),
            article("b", "제목", "네이버와 서울")
                .published(2)
                .source("tech-naru")
                .mention("네이버", Product, None)
                .mention("서울", Location, Some("loc:seoul")),
            article("c", "제목", "카카오")
                .published(2)
                .section("정치")
                .topics(&[Topic::Economy, Topic::World]),
            article("d", "제목", "카카오")
                .published(4)
                .source("tech-naru")
                .topics(&[Topic::World, Topic::Economy]),
        ])
        .await;
    let time = |minutes: i64| {
        Some(prost_types::Timestamp {
            seconds: at(minutes).as_second(),
            nanos: 0,
        })
    };
    let all = ArticleFilter::default;
    let filters = [
        (all(), vec!["d", "b", "c", "a"]),
        (
            ArticleFilter {
                entity_ids: vec!["org:naver".into()],
                ..all()
            },
            vec!["a"],
        ),
        (
            ArticleFilter {
                entity_ids: vec!["org:naver".into(), "loc:seoul".into()],
                ..all()
            },
            vec!["b", "a"],
        ),
        (
            ArticleFilter {
                entity_surfaces: vec!["네이버".into()],
                ..all()
            },
            vec!["b", "a"],
        ),
        (
            ArticleFilter {
                entity_surfaces: vec!["네이".into()],
                ..all()
            },
            vec![],
        ),
        (
            ArticleFilter {
                entity_types: vec![EntityType::Location.into()],
                ..all()
            },
            vec!["b"],
        ),
        (
            ArticleFilter {
                sources: vec!["tech-naru".into()],
                ..all()
            },
            vec!["d", "b"],
        ),
        (
            ArticleFilter {
                sections: vec!["정치".into(), "없음".into()],
                ..all()
            },
            vec!["c"],
        ),
        (
            ArticleFilter {
                sources: vec!["tech-naru".into()],
                sections: vec!["정치".into()],
                ..all()
            },
            vec![],
        ),
        (
            ArticleFilter {
                topics: vec![TopicNumber::Economy.into(), TopicNumber::Sports.into()],
                ..all()
            },
            vec!["c"],
        ),
        (
            ArticleFilter {
                topics: vec![TopicNumber::Sports.into()],
                ..all()
            },
            vec![],
        ),
        (
            ArticleFilter {
                published_from: time(2),
                ..all()
            },
            vec!["d", "b", "c"],
        ),
        (
            ArticleFilter {
                published_until: time(2),
                ..all()
            },
            vec!["a"],
        ),
        (
            ArticleFilter {
                published_from: time(2),
                published_until: time(4),
                ..all()
            },
            vec!["b", "c"],
        ),
    ];
    for (filter, expected) in filters {
        let request = SearchArticlesRequest {
            filter: Some(filter.clone()),
            ..Default::default()
        };
        let response = sandbox.search_with(request.clone()).await;
        assert_eq!(ids(&response), expected, "{filter:?}");
        assert_eq!(response.total_hits, expected.len() as u64);
        let with_query = SearchArticlesRequest {
            query: "카카오".into(),
            order: SearchOrder::Newest.into(),
            ..request
        };
        let expected: Vec<_> = expected
            .into_iter()
            .filter(|id| ["c", "d"].contains(id))
            .collect();
        assert_eq!(
            ids(&sandbox.search_with(with_query).await),
            expected,
            "{filter:?}"
        );
    }

    for (order, expected) in [
        (SearchOrder::Newest, ["d", "b", "c", "a"]),
        (SearchOrder::Oldest, ["a", "b", "c", "d"]),
        (SearchOrder::Relevance, ["d", "b", "c", "a"]),
    ] {
        let request = SearchArticlesRequest {
            order: order.into(),
            ..Default::default()
        };
        assert_eq!(ids(&sandbox.search_with(request).await), expected, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused() {
    let mut sandbox = Sandbox::start().await;
    let entries = |count: usize| vec!["x".to_owned(); count];
    let with = |filter: ArticleFilter| SearchArticlesRequest {
        filter: Some(filter),
        ..Default::default()
    };
    let all = ArticleFilter::default;
    for (request, expected) in [
        (
            SearchArticlesRequest {
                query: "가".repeat(1001),
                ..Default::default()
            },
            "INVALID_QUERY",
        ),
        (
            SearchArticlesRequest {
                query: "\"가 나".into(),
                ..Default::default()
            },
            "INVALID_QUERY",
        ),
        (
            SearchArticlesRequest {
                page_size: -1,
                ..Default::default()
            },
            "INVALID_FIELD",
        ),
        (
            SearchArticlesRequest {
                order: 9,
                ..Default::default()
            },
            "INVALID_FIELD",
        ),
        (
            SearchArticlesRequest {
                page_token: "x".into(),
                ..Default::default()
            },
            "INVALID_PAGE_TOKEN",
        ),
        (
            SearchArticlesRequest {
                write_token: "x".into(),
                ..Default::default()
            },
            "INVALID_WRITE_TOKEN",
        ),
        (
            with(ArticleFilter {
                entity_ids: entries(101),
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                entity_types: vec![0],
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                entity_types: vec![99],
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                entity_types: vec![1; 12],
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                topics: vec![0],
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                topics: vec![1; 8],
                ..all()
            }),
            "INVALID_FIELD",
        ),
        (
            with(ArticleFilter {
                published_from: Some(prost_types::Timestamp {
                    seconds: i64::MAX,
                    nanos: 0,
                }),
                ..all()
            }),
            "INVALID_FIELD",
        ),
    ] {
        let status = sandbox.client.search_articles(request.clone()).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, expected),
            "{request:?}"
        );
    }
    let fine = SearchArticlesRequest {
        query: "가".repeat(1000),
        filter: Some(ArticleFilter {
            entity_ids: entries(100),
            ..all()
        }),
        page_size: 1000,
        ..Default::default()
    };
    assert_eq!(sandbox.search_with(fine).await.total_hits, 0);
}
