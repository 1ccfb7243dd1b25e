//! Articles for tests, in our own words.

use gisa_proto::{
    article::v1::{PublicationState, ZonedTime},
    ingest::v1::ArticleSubmission,
};

/// An article about 네이버클라우드 and 하이퍼클로바X with this external id.
pub fn naver_cloud(external_id: &str) -> ArticleSubmission {
    ArticleSubmission {
        source: "integration-tests".to_owned(),
        external_id: external_id.to_owned(),
        section: "IT과학".to_owned(),
        title: "네이버클라우드, 하이퍼클로바X 새 버전 공개".to_owned(),
        body: "네이버클라우드는 2일 새 언어 모델을 공개했다.\n회사는 내년까지 1조 2천억 원을 투자한다."
            .to_owned(),
        published_at: Some(published_at()),
        ..ArticleSubmission::default()
    }
}

/// The same article with a corrected amount.
pub fn naver_cloud_corrected(external_id: &str) -> ArticleSubmission {
    let mut article = naver_cloud(external_id);
    article.body = article.body.replace("1조 2천억 원", "1조 3천억 원");
    article.state = PublicationState::Corrected.into();
    article.state_reason = "투자 금액 정정".to_owned();
    article
}

/// 3 November 2026, nine o'clock in Korea.
pub fn published_at() -> ZonedTime {
    ZonedTime {
        instant: Some(prost_types::Timestamp {
            seconds: 1_793_664_000,
            nanos: 0,
        }),
        utc_offset_seconds: 9 * 3600,
    }
}
