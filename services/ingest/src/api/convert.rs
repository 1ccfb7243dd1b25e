//! Protobuf to domain and back.

use gisa_article_codec::article::decode_author;
use gisa_proto::{
    article::v1::{PublicationState, ZonedTime},
    ingest::v1::{ArticleSubmission, IngestOutcome, IngestResult, Retraction},
};

use crate::{
    decide::Outcome,
    publish::Accepted,
    validate::{GivenArticle, GivenRetraction, GivenState, GivenTime},
};

pub(super) fn article(message: ArticleSubmission) -> GivenArticle {
    GivenArticle {
        state: state(message.state),
        article_id: message.article_id,
        source: message.source,
        external_id: message.external_id,
        url: message.url,
        section: message.section,
        title: message.title,
        subtitle: message.subtitle,
        body: message.body,
        authors: message.authors.into_iter().map(decode_author).collect(),
        language: message.language,
        published_at: message.published_at.map(time),
        state_reason: message.state_reason,
        copyright: message.copyright,
    }
}

pub(super) fn retraction(message: Retraction) -> GivenRetraction {
    GivenRetraction {
        article_id: message.article_id,
        source: message.source,
        external_id: message.external_id,
        url: message.url,
        reason: message.reason,
    }
}

pub(super) fn result(accepted: Accepted) -> IngestResult {
    let outcome = match accepted.outcome {
        Outcome::Created => IngestOutcome::Created,
        Outcome::Unchanged => IngestOutcome::Unchanged,
        Outcome::Corrected => IngestOutcome::Corrected,
        Outcome::Retracted => IngestOutcome::Retracted,
    };
    IngestResult {
        article_id: accepted.article_id.to_string(),
        outcome: outcome.into(),
        revision: accepted.revision,
        write_token: accepted.write_token,
    }
}

fn time(message: ZonedTime) -> GivenTime {
    GivenTime {
        instant: message.instant.map(|instant| (instant.seconds, instant.nanos)),
        utc_offset_seconds: message.utc_offset_seconds,
    }
}

fn state(number: i32) -> GivenState {
    match PublicationState::try_from(number) {
        Ok(PublicationState::Unspecified | PublicationState::Usable) => GivenState::Usable,
        Ok(PublicationState::Corrected) => GivenState::Corrected,
        Ok(PublicationState::Withheld) => GivenState::Withheld,
        Ok(PublicationState::Retracted) => GivenState::Retracted,
        Err(_) => GivenState::Unknown(number),
    }
}
