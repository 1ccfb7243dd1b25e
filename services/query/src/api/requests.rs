//! Requests as the domain takes them, or what is wrong with them.

use std::{collections::BTreeSet, time::Duration};

use gisa_article_codec::{analysis::decode_topic, mention::decode_entity_type, time::decode_timestamp};
use gisa_article_model::{ArticleId, EntityType, Topic};
use gisa_proto::{
    entity::v1 as entity_proto,
    query::v1::{self as proto, SearchArticlesRequest, watch_articles_request::Start},
};
use gisa_service_runtime::{ErrorReason, RpcError};
use jiff::Timestamp;
use tonic::metadata::MetadataMap;

use super::errors::invalid_token;
use crate::{
    analyzer::Analyzer,
    filter::ArticleFilter,
    search::{
        Order, QueryTerms,
        page_token::{PageStart, decode_page_token},
        parse_query,
    },
    watch::{WatchStart, resume_token::ResumePoint},
};

const MAX_FILTER_ENTRIES: usize = 100;
const DEFAULT_PAGE_SIZE: usize = 20;
const MAX_PAGE_SIZE: usize = 200;

/// Kept back of a caller's deadline, so that the answer arrives before it.
const DEADLINE_MARGIN: Duration = Duration::from_millis(50);

/// A search, checked.
pub(super) struct SearchRequest {
    pub(super) terms: QueryTerms,
    pub(super) filter: ArticleFilter,
    pub(super) order: Order,
    pub(super) page_size: usize,
    /// Where the page starts; `None` for the first page.
    pub(super) page: Option<PageStart>,
}

pub(super) fn read_article_id(given: &str) -> Result<ArticleId, RpcError> {
    ArticleId::parse(given).map_err(|error| RpcError::invalid_field("article_id", error.to_string()))
}

pub(super) fn read_search(
    request: &SearchArticlesRequest,
    analyzer: &Analyzer,
) -> Result<SearchRequest, RpcError> {
    let filter = read_filter(request.filter.as_ref())?;
    let terms = parse_query(&request.query, analyzer)?;
    let order = match proto::SearchOrder::try_from(request.order) {
        Ok(proto::SearchOrder::Unspecified) if terms == QueryTerms::Everything => Order::Newest,
        Ok(proto::SearchOrder::Unspecified | proto::SearchOrder::Relevance) => Order::Relevance,
        Ok(proto::SearchOrder::Newest) => Order::Newest,
        Ok(proto::SearchOrder::Oldest) => Order::Oldest,
        Err(_) => return Err(RpcError::invalid_field("order", "is not a known order")),
    };
    let page_size = match usize::try_from(request.page_size) {
        Ok(0) => DEFAULT_PAGE_SIZE,
        Ok(size) => size.min(MAX_PAGE_SIZE),
        Err(_) => return Err(RpcError::invalid_field("page_size", "must not be negative")),
    };
    let page = if request.page_token.is_empty() {
        None
    } else {
        let message = "the page token is damaged or belongs to another search";
        let page = decode_page_token(request);
        Some(page.ok_or_else(|| invalid_token(ErrorReason::InvalidPageToken, message))?)
    };
    Ok(SearchRequest {
        terms,
        filter,
        order,
        page_size,
        page,
    })
}

/// All that is wrong with a filter is told at once.
pub(super) fn read_filter(given: Option<&proto::ArticleFilter>) -> Result<ArticleFilter, RpcError> {
    let Some(given) = given else {
        return Ok(ArticleFilter::default());
    };
    let mut violations = Vec::new();
    let filter = ArticleFilter {
        entity_ids: read_list("entity_ids", &given.entity_ids, &mut violations),
        entity_surfaces: read_list("entity_surfaces", &given.entity_surfaces, &mut violations),
        entity_types: read_kinds(
            "entity_types",
            &given.entity_types,
            EntityType::ALL,
            read_entity_type,
            &mut violations,
        ),
        sources: read_list("sources", &given.sources, &mut violations),
        sections: read_list("sections", &given.sections, &mut violations),
        published_from: read_time("published_from", given.published_from.as_ref(), &mut violations),
        published_until: read_time("published_until", given.published_until.as_ref(), &mut violations),
        topics: read_kinds("topics", &given.topics, Topic::ALL, read_topic, &mut violations),
    };
    if violations.is_empty() {
        Ok(filter)
    } else {
        Err(RpcError::invalid_fields(violations))
    }
}

fn read_list(field: &str, given: &[String], violations: &mut Vec<(String, String)>) -> BTreeSet<String> {
    if given.len() > MAX_FILTER_ENTRIES {
        violations.push((
            format!("filter.{field}"),
            format!("must have at most {MAX_FILTER_ENTRIES} entries"),
        ));
    }
    given.iter().cloned().collect()
}

/// Reads a list of which each entry is one of `all` kinds.
fn read_kinds<K: Ord>(
    field: &str,
    given: &[i32],
    all: &[K],
    read: impl Fn(i32) -> Option<K>,
    violations: &mut Vec<(String, String)>,
) -> BTreeSet<K> {
    if given.len() > all.len() {
        violations.push((
            format!("filter.{field}"),
            format!("must have at most {} entries", all.len()),
        ));
    }
    let mut kinds = BTreeSet::new();
    for (index, number) in given.iter().enumerate() {
        match read(*number) {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => violations.push((
                format!("filter.{field}[{index}]"),
                "is not a known value".to_owned(),
            )),
        }
    }
    kinds
}

fn read_entity_type(number: i32) -> Option<EntityType> {
    decode_entity_type(entity_proto::EntityType::try_from(number).ok()?)
}

fn read_topic(number: i32) -> Option<Topic> {
    decode_topic(entity_proto::Topic::try_from(number).ok()?)
}

fn read_time(
    field: &'static str,
    given: Option<&prost_types::Timestamp>,
    violations: &mut Vec<(String, String)>,
) -> Option<Timestamp> {
    match decode_timestamp(given?, field) {
        Ok(time) => Some(time),
        Err(error) => {
            violations.push((format!("filter.{field}"), error.to_string()));
            None
        }
    }
}

pub(super) fn read_watch_start(given: Option<&Start>) -> Result<WatchStart, RpcError> {
    match given {
        None => Ok(WatchStart::Next),
        Some(Start::ResumeToken(token)) => ResumePoint::decode(token)
            .map(WatchStart::After)
            .ok_or_else(|| invalid_token(ErrorReason::InvalidResumeToken, "the resume token is damaged")),
        Some(Start::Since(time)) => decode_timestamp(time, "since")
            .map(WatchStart::Since)
            .map_err(|error| RpcError::invalid_field("since", error.to_string())),
    }
}

/// What is left of the caller's deadline, from `grpc-timeout`; `None` if it gave none.
pub(super) fn remaining_time(metadata: &MetadataMap) -> Option<Duration> {
    let given = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = given.split_at_checked(given.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    let timeout = match unit {
        "H" => Duration::from_secs(number.saturating_mul(3600)),
        "M" => Duration::from_secs(number.saturating_mul(60)),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    };
    Some(timeout.saturating_sub(DEADLINE_MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_as_grpc_writes_them() {
        let read = |text: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            remaining_time(&metadata)
        };
        assert_eq!(read("2S"), Some(Duration::from_millis(1950)));
        assert_eq!(read("300m"), Some(Duration::from_millis(250)));
        assert_eq!(read("1n"), Some(Duration::ZERO));
        for wrong in ["", "S", "x1S", "5", "5x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(remaining_time(&MetadataMap::new()), None);
    }
}
