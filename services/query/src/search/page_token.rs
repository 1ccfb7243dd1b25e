//! Page tokens: where the next page starts, bound to the search that it belongs to.

use gisa_proto::query::v1::SearchArticlesRequest;
use prost::Message;
use sha2::{Digest as _, Sha256};

use super::SortKey;
use crate::{
    pages::StateName,
    token::{TokenKind, open, seal},
};

#[derive(Clone, PartialEq, Message)]
struct PageToken {
    /// Names the search.
    #[prost(bytes = "vec", tag = "1")]
    search: Vec<u8>,
    #[prost(float, tag = "2")]
    score: f32,
    #[prost(sint64, tag = "3")]
    published: i64,
    #[prost(string, tag = "4")]
    article_id: String,
    /// Position of the index that the first page was made of.
    #[prost(uint64, tag = "5")]
    index_sequence: u64,
    /// Number of that index.
    #[prost(uint64, tag = "6")]
    index_generation: u64,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq)]
pub struct PageStart {
    /// The last hit of the page before.
    pub after: SortKey,
    /// State of the index that the first page was made of: the same state gives the same scores.
    pub state: StateName,
}

/// Writes the token for the page that starts there.
pub fn encode_page_token(request: &SearchArticlesRequest, start: &PageStart) -> String {
    seal(
        TokenKind::Page,
        &PageToken {
            search: digest(request),
            score: start.after.score,
            published: start.after.published,
            article_id: start.after.article_id.clone(),
            index_sequence: start.state.sequence,
            index_generation: start.state.generation,
        },
    )
}

/// Reads the token of a request; `None` when it is damaged or was given for another search.
pub fn decode_page_token(request: &SearchArticlesRequest) -> Option<PageStart> {
    let token: PageToken = open(TokenKind::Page, &request.page_token)?;
    (token.search == digest(request)).then_some(PageStart {
        after: SortKey {
            score: token.score,
            published: token.published,
            article_id: token.article_id,
        },
        state: StateName {
            generation: token.index_generation,
            sequence: token.index_sequence,
        },
    })
}

/// Names a search: everything of the request but the page.
fn digest(request: &SearchArticlesRequest) -> Vec<u8> {
    let search = SearchArticlesRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    Sha256::digest(search.encode_to_vec())[..16].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_search() {
        let request = SearchArticlesRequest {
            query: "가".into(),
            page_size: 5,
            ..Default::default()
        };
        let start = PageStart {
            after: SortKey {
                score: 1.5,
                published: -3,
                article_id: "a".into(),
            },
            state: StateName {
                generation: 2,
                sequence: 9,
            },
        };
        let page_token = encode_page_token(&request, &start);
        let decoded = |request: SearchArticlesRequest| decode_page_token(&request);
        let next = SearchArticlesRequest {
            page_token,
            ..request
        };
        assert_eq!(decoded(next.clone()), Some(start.clone()));
        assert_eq!(
            decoded(SearchArticlesRequest {
                page_size: 7,
                ..next.clone()
            }),
            Some(start)
        );
        assert_eq!(
            decoded(SearchArticlesRequest {
                query: "나".into(),
                ..next.clone()
            }),
            None
        );
        assert_eq!(decoded(SearchArticlesRequest { order: 2, ..next }), None);
    }
}
