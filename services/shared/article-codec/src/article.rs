//! Articles and tagged articles.

use gisa_article_model::{
    Article, ArticleId, Author, ContentHash, PublicationState, TaggedArticle, TaggerVersion,
};
use gisa_proto::{article::v1 as proto, entity::v1 as entity_proto};

use crate::{
    DecodeError,
    analysis::{decode_analysis, encode_analysis},
    mention::{decode_mention, encode_mention},
    time::{decode_timestamp, decode_zoned, encode_timestamp, encode_zoned},
};

/// An article as protobuf.
pub fn encode_article(article: &Article) -> proto::Article {
    proto::Article {
        article_id: article.article_id.to_string(),
        source: article.source.clone(),
        external_id: article.external_id.clone(),
        url: article.url.clone(),
        section: article.section.clone(),
        title: article.title.clone(),
        subtitle: article.subtitle.clone(),
        body: article.body.clone(),
        authors: article.authors.iter().map(encode_author).collect(),
        language: article.language.clone(),
        published_at: Some(encode_zoned(article.published_at)),
        revision: article.revision,
        state: encode_state(article.state).into(),
        state_reason: article.state_reason.clone(),
        content_hash: article.content_hash.0.to_vec(),
        copyright: article.copyright.clone(),
    }
}

/// A protobuf article, as services exchange it.
pub fn decode_article(message: proto::Article) -> Result<Article, DecodeError> {
    let published_at = message
        .published_at
        .as_ref()
        .ok_or(DecodeError::Missing("published_at"))?;
    let content_hash: [u8; 32] = message
        .content_hash
        .as_slice()
        .try_into()
        .map_err(|_| DecodeError::out_of_range("content_hash", &message.content_hash))?;
    Ok(Article {
        article_id: ArticleId::parse(&message.article_id)
            .map_err(|_| DecodeError::out_of_range("article_id", &message.article_id))?,
        published_at: decode_zoned(published_at, "published_at")?,
        state: decode_state(message.state())
            .ok_or_else(|| DecodeError::out_of_range("state", message.state))?,
        content_hash: ContentHash(content_hash),
        revision: message.revision,
        source: message.source,
        external_id: message.external_id,
        url: message.url,
        section: message.section,
        title: message.title,
        subtitle: message.subtitle,
        body: message.body,
        authors: message.authors.into_iter().map(decode_author).collect(),
        language: message.language,
        state_reason: message.state_reason,
        copyright: message.copyright,
    })
}

/// An author as protobuf.
pub fn encode_author(author: &Author) -> proto::Author {
    proto::Author {
        name: author.name.clone(),
        email: author.email.clone(),
    }
}

/// A protobuf author.
pub fn decode_author(message: proto::Author) -> Author {
    Author {
        name: message.name,
        email: message.email,
    }
}

/// A publication state as protobuf.
pub fn encode_state(state: PublicationState) -> proto::PublicationState {
    match state {
        PublicationState::Usable => proto::PublicationState::Usable,
        PublicationState::Corrected => proto::PublicationState::Corrected,
        PublicationState::Withheld => proto::PublicationState::Withheld,
        PublicationState::Retracted => proto::PublicationState::Retracted,
    }
}

/// A protobuf publication state; `None` when unspecified.
pub fn decode_state(state: proto::PublicationState) -> Option<PublicationState> {
    match state {
        proto::PublicationState::Unspecified => None,
        proto::PublicationState::Usable => Some(PublicationState::Usable),
        proto::PublicationState::Corrected => Some(PublicationState::Corrected),
        proto::PublicationState::Withheld => Some(PublicationState::Withheld),
        proto::PublicationState::Retracted => Some(PublicationState::Retracted),
    }
}

/// A tagged article as protobuf.
pub fn encode_tagged_article(tagged: &TaggedArticle) -> entity_proto::TaggedArticle {
    entity_proto::TaggedArticle {
        article: Some(encode_article(&tagged.article)),
        mentions: tagged.mentions.iter().map(encode_mention).collect(),
        tagger_version: Some(encode_tagger_version(tagged.tagger_version)),
        tagged_at: Some(encode_timestamp(tagged.tagged_at)),
        analysis: Some(encode_analysis(&tagged.analysis)),
    }
}

/// A protobuf tagged article.
pub fn decode_tagged_article(message: entity_proto::TaggedArticle) -> Result<TaggedArticle, DecodeError> {
    let version = message
        .tagger_version
        .ok_or(DecodeError::Missing("tagger_version"))?;
    let tagged_at = message.tagged_at.ok_or(DecodeError::Missing("tagged_at"))?;
    let mentions = message
        .mentions
        .into_iter()
        .map(decode_mention)
        .collect::<Result<Vec<_>, _>>()?;
    // Taggers before the analysis sent none.
    let analysis = message.analysis.unwrap_or_default();
    Ok(TaggedArticle {
        article: decode_article(message.article.ok_or(DecodeError::Missing("article"))?)?,
        analysis: decode_analysis(analysis, mentions.len())?,
        mentions,
        tagger_version: TaggerVersion {
            engine: version.engine,
            dictionary: version.dictionary,
        },
        tagged_at: decode_timestamp(&tagged_at, "tagged_at")?,
    })
}

/// A tagger version as protobuf.
pub fn encode_tagger_version(version: TaggerVersion) -> entity_proto::TaggerVersion {
    entity_proto::TaggerVersion {
        engine: version.engine,
        dictionary: version.dictionary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gisa_article_model::{
        Analysis, EntitySummary, EntityType, Mention, OffsetMap, TaggerLayer, TextField, ZonedTime,
    };
    use jiff::Timestamp;

    fn tagged() -> TaggedArticle {
        let title = "해오름전자, 새 공장 착공";
        TaggedArticle {
            article: Article {
                article_id: ArticleId::parse("a").unwrap(),
                source: "test".into(),
                external_id: String::new(),
                url: String::new(),
                section: String::new(),
                title: title.into(),
                subtitle: String::new(),
                body: String::new(),
                authors: Vec::new(),
                language: "ko".into(),
                published_at: ZonedTime::in_korea(Timestamp::UNIX_EPOCH),
                revision: 1,
                state: PublicationState::Usable,
                state_reason: String::new(),
                content_hash: ContentHash([0; 32]),
                copyright: String::new(),
            },
            mentions: vec![Mention {
                field: TextField::Title,
                span: OffsetMap::new(title).span(title, 0, 15).unwrap(),
                surface: "해오름전자".into(),
                entity_type: EntityType::Organization,
                value: None,
                link: None,
                confidence: 0.9,
                salience: 1.0,
                layer: TaggerLayer::Model,
            }],
            analysis: Analysis {
                entities: vec![EntitySummary {
                    entity_type: EntityType::Organization,
                    name: "해오름전자".into(),
                    entity_id: None,
                    mentions: vec![0],
                    salience: 1.0,
                    roles: Vec::new(),
                }],
                ..Analysis::default()
            },
            tagger_version: TaggerVersion::default(),
            tagged_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn tagged_articles_round_trip() {
        let tagged = tagged();
        assert_eq!(decode_tagged_article(encode_tagged_article(&tagged)), Ok(tagged));
    }

    #[test]
    fn messages_from_before_the_analysis_have_an_empty_one() {
        let mut message = encode_tagged_article(&tagged());
        message.analysis = None;
        let decoded = decode_tagged_article(message).unwrap();
        assert_eq!(decoded.analysis, Analysis::default());
        assert_eq!(decoded.mentions.len(), 1);
    }

    #[test]
    fn an_analysis_of_other_mentions_is_refused() {
        let mut message = encode_tagged_article(&tagged());
        message.mentions.clear();
        assert_eq!(
            decode_tagged_article(message),
            Err(DecodeError::out_of_range("entities.mentions", 0))
        );
    }
}
