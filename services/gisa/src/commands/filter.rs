//! The filter of search and watch.

use gisa_article_codec::{analysis::encode_topic, mention::encode_entity_type, time::encode_timestamp};
use gisa_article_model::TaggedArticle;
use gisa_proto::{entity::v1 as entity_proto, query::v1::ArticleFilter};

use crate::{
    cli::FilterArguments,
    failure::{Failure, FailureKind},
};

pub(crate) fn article_filter(arguments: FilterArguments) -> ArticleFilter {
    ArticleFilter {
        entity_ids: arguments.entities,
        entity_surfaces: arguments.surfaces,
        entity_types: arguments
            .types
            .into_iter()
            .map(|entity_type| encode_entity_type(entity_type).into())
            .collect(),
        sources: arguments.sources,
        sections: arguments.sections,
        published_from: arguments.from.map(|time| encode_timestamp(time.instant)),
        published_until: arguments.until.map(|time| encode_timestamp(time.instant)),
        topics: arguments
            .topics
            .into_iter()
            .map(|topic| encode_topic(topic).into())
            .collect(),
    }
}

/// An article of an answer.
pub(crate) fn decode(article: Option<entity_proto::TaggedArticle>) -> Result<TaggedArticle, Failure> {
    let unreadable = |problem: String| {
        Failure::new(
            FailureKind::Failed,
            format!("cannot read the server's answer: {problem}"),
        )
    };
    let article = article.ok_or_else(|| unreadable("it has no article".to_owned()))?;
    gisa_article_codec::article::decode_tagged_article(article).map_err(|error| unreadable(error.to_string()))
}
